"""The first pages of a partner's PDF as one picture: a page can show it, and a browser runs nothing of it.

The PDF is from outside, so PDFium reads it in a process of its own, with little memory and little time.
"""

import resource
import subprocess
import sys

MOST_PAGES = 3
WIDTH = 900  # Pixels; a letter's page is 612 points wide.
TALLEST = 2000  # Pixels of a page.
SECONDS = 10
MEMORY = 1024 * 1024 * 1024
JPEG = b"\xff\xd8\xff"


class CannotBeDrawn(Exception):
    """It is no PDF that can be shown as a picture."""


def draw_pages(pdf: bytes) -> bytes:
    """This function will draw the first pages, one below the other, as a JPEG.

    :raises CannotBeDrawn: the file is broken, locked, or asks for too much
    """
    command = [sys.executable, "-I", __file__]
    try:
        picture = subprocess.run(command, input=pdf, capture_output=True, timeout=SECONDS * 2, check=True).stdout
    except subprocess.SubprocessError as error:
        raise CannotBeDrawn("The document cannot be shown as a picture") from error
    if not picture.startswith(JPEG):
        raise CannotBeDrawn("The document cannot be shown as a picture")
    return picture


def _draw(pdf: bytes) -> None:
    import pypdfium2
    from PIL import Image

    document = pypdfium2.PdfDocument(pdf)
    pages = []
    for number in range(min(len(document), MOST_PAGES)):
        page = document[number]
        width, height = page.get_size()
        scale = min(WIDTH / width, TALLEST / height)
        pages.append(page.render(scale=scale).to_pil().convert("RGB"))
    whole = Image.new("RGB", (max(page.width for page in pages), sum(page.height for page in pages)), "white")
    top = 0
    for page in pages:
        whole.paste(page, (0, top))
        top += page.height
    whole.save(sys.stdout.buffer, "JPEG", quality=85)


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    _draw(sys.stdin.buffer.read())
