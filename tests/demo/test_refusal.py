"""The demo keeps away from a program that is somebody's own."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from commissions.models import Run
from portal.demo.draft import Scale
from portal.demo.load import NotEmpty, load
from tests.cast import all_rows, partner, record


class NobodyAtWork:
    def compute(self, run: Run) -> None:
        raise AssertionError("nothing is to be computed")

    def write_statements(self, month: object) -> None:
        raise AssertionError("nothing is to be written")


@pytest.mark.django_db
def test_it_does_not_mix_with_partners_of_ones_own(tmp_path: Path) -> None:
    record(partner("ada"))
    before = all_rows()
    with pytest.raises(NotEmpty):
        load(
            now=datetime(2027, 3, 17, tzinfo=UTC),
            scale=Scale(),
            folder=tmp_path,
            password=lambda: "never-used",
            workers=NobodyAtWork(),
            say=lambda line: None,
        )
    assert all_rows() == before
    assert not list(tmp_path.iterdir())
