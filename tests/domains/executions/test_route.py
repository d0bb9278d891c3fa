"""Whatever a task wants to know, the reasons why nothing is missing are never shown."""

import pytest

from mojodex.domains.catalog import Info
from mojodex.domains.chat import AnswerReader, Channel
from mojodex.domains.executions.rules.delivery import instruct_route

ANSWER = (
    "<user_language>en</user_language><missing_{name}>no, it was said</missing_{name}>"
    "<execution><title>Minutes</title><draft>We agreed.</draft></execution>"
)


@pytest.mark.parametrize("infos", [(), (Info(name="topics", description="What was said"),)])
@pytest.mark.parametrize("name", ["topics", "primary_info", "invented"])
@pytest.mark.parametrize("size", [1, 7, 500])
def test_reasons_stay_hidden(infos: tuple[Info, ...], name: str, size: int) -> None:
    reader = AnswerReader(instruct_route(infos))
    answer = ANSWER.format(name=name)
    for start in range(0, len(answer), size):
        reader.feed(answer[start : start + size])
    reader.finish()
    assert reader.shown(Channel.MESSAGE) == ""
    assert reader.shown(Channel.DRAFT_TITLE) == "Minutes"
    assert reader.shown(Channel.DRAFT_BODY) == "We agreed."
