"""Which endpoints are configured: the setting pair, or the ancestor's `models.conf`.

`models.conf` is an INI file with sections `[provider/model]` (source: behaviour §3.3); keys are
not case-sensitive. The first section is the main model, the others stand in for it in their order.
"""

import configparser
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

from mojodex.platform.llm.errors import ModelConfigurationInvalid
from mojodex.platform.llm.limits import ModelLimits

OPENAI_URL = "https://api.openai.com/v1"
MISTRAL_URL = "https://api.mistral.ai/v1"
GROQ_URL = "https://api.groq.com/openai/v1"
#: What OpenAI itself is asked for when only a key is set.
USUAL_OPENAI_MODEL = "gpt-5.4-mini"
#: The key of endpoints that want none; the SDK refuses an empty one.
NO_KEY = "none"
_PROVIDERS_BY_HOST = {"api.mistral.ai": "mistral", "api.groq.com": "groq"}
_AZURE_KEY = re.compile(r"(?:(.+)_)?azure_openai_(api_base|api_version|key|deployment_id)")
_TRUTHS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_PLACEHOLDER = re.compile(r"<.*>")


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelTimeouts:
    """In seconds. `first_token` starts with the request; keep-alive lines prolong nothing."""

    connect: float = 10.0
    first_token: float = 120.0
    between_tokens: float = 60.0
    total: float = 900.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Endpoint:
    """One model at one address. `model` None: the first one that the address lists."""

    provider: str
    model: str | None
    base_url: str
    api_key: str = field(default=NO_KEY, repr=False)
    #: Azure only: the version of its API, which changes the spelling of the address.
    api_version: str | None = None
    deployment: str | None = None
    #: Whether it is shown pictures; an endpoint that refuses them is asked again without.
    has_vision: bool = True
    #: Where it was configured, for error texts.
    source: str = ""
    timeouts: ModelTimeouts = ModelTimeouts()
    limits: ModelLimits = field(default_factory=ModelLimits)


def read_endpoints(
    *,
    openai_api_key: str | None = None,
    openai_base_url: str | None = None,
    chat_model: str | None = None,
    has_vision: bool = True,
    models_conf: Path | None = None,
) -> tuple[Endpoint, ...]:
    """The configured endpoints, the main one first; empty means the demo model.

    With a `models.conf`, `chat_model` names the section that comes first, and the key fills
    OpenAI sections that have none; a `chat_model` that no section has belongs to the setting pair,
    which then comes first. `has_vision` is said of the pair; sections say it by `VISION`.
    Raises `ModelConfigurationInvalid`.
    """
    listed = read_models_conf(models_conf, openai_api_key) if models_conf is not None else ()
    for endpoint in listed:
        if chat_model in (endpoint.model, f"{endpoint.provider}/{endpoint.model}"):
            return (endpoint, *(other for other in listed if other is not endpoint))
    if listed and not chat_model:
        return listed
    if openai_api_key or openai_base_url:
        pair = _setting_pair(openai_api_key, openai_base_url, chat_model)
        return (replace(pair, has_vision=has_vision), *listed)
    if chat_model:
        raise ModelConfigurationInvalid(
            source="environment",
            key="MOJODEX_CHAT_MODEL",
            reason=f"{chat_model} needs OPENAI_API_KEY, OPENAI_BASE_URL or a models.conf section",
        )
    return listed


def _setting_pair(key: str | None, url: str | None, model: str | None) -> Endpoint:
    host = urlsplit(url or OPENAI_URL).hostname or ""
    return Endpoint(
        # For prices, and for what each is known to refuse; whatever else is spoken to as OpenAI.
        provider=_PROVIDERS_BY_HOST.get(host, "openai"),
        model=model or (None if url else USUAL_OPENAI_MODEL),
        base_url=url or OPENAI_URL,
        api_key=key or NO_KEY,
        source="environment",
    )


def read_models_conf(path: Path, openai_api_key: str | None = None) -> tuple[Endpoint, ...]:
    """The sections of a `models.conf`, in order. Raises `ModelConfigurationInvalid`."""
    parser = configparser.ConfigParser(interpolation=None, default_section="")
    try:
        parser.read_string(path.read_text("utf-8"), source=str(path))
    except OSError as error:
        raise ModelConfigurationInvalid(source=str(path), reason=str(error.strerror)) from error
    except configparser.Error as error:
        reason = str(error).replace("\n", " ")
        raise ModelConfigurationInvalid(source=str(path), reason=reason) from error
    except UnicodeDecodeError as error:
        raise ModelConfigurationInvalid(source=str(path), reason="not UTF-8") from error
    sections = (_Section(path, name, parser[name], openai_api_key) for name in parser.sections())
    return tuple(section.endpoint() for section in sections)


class _Section:
    """One section of the file, read with errors that name it."""

    def __init__(
        self, path: Path, name: str, values: Mapping[str, str], openai_api_key: str | None
    ) -> None:
        self._path = path
        self._name = name
        self._values = {key.lower(): value.strip().strip("\"'") for key, value in values.items()}
        self._openai_api_key = openai_api_key

    def endpoint(self) -> Endpoint:
        provider, _, model = self._name.partition("/")
        readers: dict[str, Callable[[str], Endpoint]] = {
            "openai": self._openai,
            "azure": self._azure,
            "mistral": self._mistral,
            "groq": self._groq,
            "ollama": self._ollama,
        }
        if provider not in readers or not model:
            known = ", ".join(f"[{name}/…]" for name in readers)
            raise self._invalid(f"not a known section; possible are {known}")
        return readers[provider](model)

    def _openai(self, model: str) -> Endpoint:
        key = self._find("OPENAI_API_KEY") or self._openai_api_key
        url = self._find("OPENAI_BASE_URL")
        if not key and not url:
            raise self._invalid("is missing", key="OPENAI_API_KEY")
        return self._build("openai", model, url or OPENAI_URL, key or NO_KEY)

    def _mistral(self, model: str) -> Endpoint:
        url = self._find("MISTRAL_BASE_URL") or MISTRAL_URL
        return self._build("mistral", model, url, self._get("MISTRAL_API_KEY"))

    def _groq(self, model: str) -> Endpoint:
        url = self._find("GROQ_BASE_URL") or GROQ_URL
        return self._build("groq", model, url, self._get("GROQ_API_KEY"))

    def _ollama(self, model: str) -> Endpoint:
        url = self._get("OLLAMA_ENDPOINT").rstrip("/")
        return self._build("ollama", model, url if url.endswith("/v1") else f"{url}/v1", NO_KEY)

    def _azure(self, model: str) -> Endpoint:
        if "mistral_azure_api_base" in self._values or model.startswith("mistral"):
            base = self._get("MISTRAL_AZURE_API_BASE").rstrip("/")
            url = base if base.endswith("/v1") else f"{base}/v1"
            return self._build("azure", model, url, self._get("MISTRAL_AZURE_KEY"))
        # The prefix is GPT4O, GPT4_TURBO, GPT4 or GPT4_VISION in old files; any is taken.
        found = (_AZURE_KEY.fullmatch(key) for key in self._values)
        prefixes = [match[1] for match in found if match]
        prefix = prefixes[0] if prefixes else re.sub(r"\W", "", model)
        stem = f"{prefix.upper()}_AZURE_OPENAI" if prefix else "AZURE_OPENAI"
        return self._build(
            "azure",
            model,
            self._get(f"{stem}_API_BASE"),
            self._get(f"{stem}_KEY"),
            api_version=self._get(f"{stem}_API_VERSION"),
            deployment=self._get(f"{stem}_DEPLOYMENT_ID"),
        )

    def _build(
        self,
        provider: str,
        model: str,
        url: str,
        key: str,
        api_version: str | None = None,
        deployment: str | None = None,
    ) -> Endpoint:
        if not re.match(r"https?://[^/\s]+", url):
            raise self._invalid(f"not a web address: {url!r}")
        return Endpoint(
            provider=provider,
            model=model,
            base_url=url,
            api_key=key,
            api_version=api_version,
            deployment=deployment,
            has_vision=self._has_vision(),
            limits=ModelLimits(
                max_concurrent=self._number("MAX_CONCURRENT"),
                calls_per_minute=self._number("CALLS_PER_MINUTE"),
                context_tokens=self._number("CONTEXT_TOKENS"),
            ),
            source=f"{self._path} [{self._name}]",
        )

    def _has_vision(self) -> bool:
        value = (self._find("VISION") or "true").lower()
        if value not in _TRUTHS:
            raise self._invalid("must be true or false", key="VISION")
        return _TRUTHS[value]

    def _number(self, key: str) -> int | None:
        value = self._find(key)
        if value is None:
            return None
        if not value.isdecimal() or not int(value):
            raise self._invalid("must be a whole number above 0", key=key)
        return int(value)

    def _find(self, key: str) -> str | None:
        value = self._values.get(key.lower())
        if value and _PLACEHOLDER.fullmatch(value):
            raise self._invalid(f"still holds the example's placeholder {value}", key=key)
        return value or None

    def _get(self, key: str) -> str:
        value = self._find(key)
        if value is None:
            raise self._invalid("is missing", key=key)
        return value

    def _invalid(self, reason: str, key: str | None = None) -> ModelConfigurationInvalid:
        return ModelConfigurationInvalid(
            source=str(self._path), section=f"[{self._name}]", key=key, reason=reason
        )
