from typing import cast

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from accounts.models import User
from payouts.models import Statement, StatementState


@require_safe
@login_required
def download_statement(request: HttpRequest, pk: int) -> FileResponse:
    """Streams a statement to the members of its partner; to everybody else it is not there."""
    user = cast(User, request.user)
    issued = Statement.objects.filter(state=StatementState.ISSUED, partner__memberships__user=user)
    statement = get_object_or_404(issued.select_related("partner"), pk=pk)
    try:
        document = statement.file.open("rb")
    except FileNotFoundError as error:
        raise Http404("Its file is missing.") from error
    return FileResponse(
        document, as_attachment=True, filename=f"{statement.number}.pdf", content_type="application/pdf"
    )
