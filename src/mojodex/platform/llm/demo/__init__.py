"""A model that only pretends: it answers every prompt in its contract, at a pace, without network.

It works from (contract, messages) alone, so that the in-process engine and `mojodex mock-llm` are
one code path.
"""

from mojodex.platform.llm.demo.author import DemoAuthor
from mojodex.platform.llm.demo.model import DemoModel, cut_tokens

__all__ = ["DemoAuthor", "DemoModel", "cut_tokens"]
