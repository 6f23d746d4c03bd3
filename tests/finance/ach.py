"""A second reading of NACHA files, written for the tests alone: it adds everything up again and believes nothing."""

from dataclasses import dataclass, field
from decimal import Decimal


@dataclass
class Entry:
    code: str
    routing: str
    account: str
    amount: Decimal
    own_id: str
    name: str
    trace: str


@dataclass
class Batch:
    kind: str
    value_date: str
    number: str
    entries: list[Entry] = field(default_factory=list)

    def sum(self, *codes: str) -> Decimal:
        return sum((each.amount for each in self.entries if each.code in codes), Decimal(0))


def read_ach(text: str) -> list[Batch]:
    """This function will read a file, and fail where one of its totals, counts or check digits is not right."""
    records = text.split("\n")
    assert records.pop() == ""
    assert len(records) % 10 == 0
    assert {len(record) for record in records} == {94}
    assert text.isascii()
    filler = [record for record in records if record == "9" * 94]
    assert records[len(records) - len(filler) :] == filler
    assert len(filler) < 10
    records = records[: len(records) - len(filler)]
    _header(records[0])
    batches: list[Batch] = []
    for record in records[1:-1]:
        match record[0]:
            case "5":
                assert record[1:4] == "200"
                batches.append(Batch(record[50:53], record[69:75], record[87:]))
            case "6":
                batches[-1].entries.append(_entry(record))
            case "8":
                _batch_control(record, batches[-1])
            case _:
                raise AssertionError(record)
    _file_control(records[-1], batches, blocks=(len(records) + len(filler)) // 10)
    return batches


def _header(record: str) -> None:
    assert record[:4] == "101 "
    assert record[4:13].isdecimal()
    assert len(record[13:23].strip()) == 10
    assert record[33].isalnum()
    assert record[34:40] == "094101"


def _entry(record: str) -> Entry:
    routing = record[3:12]
    checked = 3 * sum(int(routing[n]) for n in (0, 3, 6)) + 7 * sum(int(routing[n]) for n in (1, 4, 7))
    assert (checked + sum(int(routing[n]) for n in (2, 5, 8))) % 10 == 0, f"routing {routing}"
    assert record[78] == "0"
    amount = Decimal(record[29:39]).scaleb(-2)
    return Entry(
        record[1:3], routing, record[12:29].strip(), amount, record[39:54].strip(), record[54:76].strip(), record[79:]
    )


def _batch_control(record: str, batch: Batch) -> None:
    assert record[1:4] == "200"
    assert int(record[4:10]) == len(batch.entries)
    assert int(record[10:20]) == sum(int(each.routing[:8]) for each in batch.entries) % 10**10
    assert Decimal(record[20:32]).scaleb(-2) == batch.sum("27", "37")
    assert Decimal(record[32:44]).scaleb(-2) == batch.sum("22", "32")
    assert batch.sum("27", "37") == batch.sum("22", "32"), "it does not balance"
    assert record[87:] == batch.number
    traces = [each.trace for each in batch.entries]
    assert traces == sorted(set(traces))


def _file_control(record: str, batches: list[Batch], *, blocks: int) -> None:
    entries = [each for batch in batches for each in batch.entries]
    assert record[0] == "9"
    assert int(record[1:7]) == len(batches)
    assert int(record[7:13]) == blocks
    assert int(record[13:21]) == len(entries)
    assert int(record[21:31]) == sum(int(each.routing[:8]) for each in entries) % 10**10
    assert Decimal(record[31:43]).scaleb(-2) == sum(batch.sum("27", "37") for batch in batches)
    assert Decimal(record[43:55]).scaleb(-2) == sum(batch.sum("22", "32") for batch in batches)
    assert [batch.number for batch in batches] == [f"{place:07}" for place in range(1, len(batches) + 1)]


def returned(trace: str, *, code: str = "R02", amount: str = "200.00", on: str = "270106", said: str = "") -> str:
    """A bank's file that sends one entry back, or with a code like C01 asks to correct its details."""
    bank, cents = "02100002", f"{int(Decimal(amount) * 100):010}"
    kind = "98" if code.startswith("C") else "99"
    told = f"{said:<29}".ljust(44) if kind == "98" else f"{said:<44}"
    records = [
        f"1011123456789 021000021{on}0801A094101{'EXAMPLE COMPANY':<23}{'FIRST EXAMPLE BANK':<23}{'':8}",
        f"5200{'EXAMPLE COMPANY':<16}{'':20}1123456789CCDCOMMISSION{on}{on}0061{bank}0000001",
        f"621011401533{'00720001':<17}{cents}{'P1-1':<15}{'ADA PARTNERS':<22}  1{bank}0000009",
        f"7{kind}{code}{trace}{'':6}01140153{told}{bank}0000009",
        f"82000000020001140153{'0' * 12}{int(cents):012}1123456789{'':25}{bank}0000001",
        f"9000001000001000000020001140153{'0' * 12}{int(cents):012}{'':39}",
    ]
    records += ["9" * 94] * (10 - len(records))
    assert {len(record) for record in records} == {94}
    return "".join(f"{record}\n" for record in records)
