from affiliates.models import Program
from notices.services.render_notice import Letterhead


def letterhead() -> Letterhead:
    """This function will say in whose name notices go out: the program's and the company's."""
    program = Program.current()
    return Letterhead(
        program=program.name,
        company=program.company_name,
        address=program.company_address,
        email=program.company_email,
        accent=program.accent_colour,
    )
