"""The setting pair and `models.conf`: who is main, and errors that name the place."""

from pathlib import Path

import pytest

from mojodex.platform.llm import DemoModel, ModelConfigurationInvalid, build_engines
from mojodex.platform.llm.configuration import (
    MISTRAL_URL,
    OPENAI_URL,
    USUAL_OPENAI_MODEL,
    read_endpoints,
    read_models_conf,
)
from mojodex.platform.llm.openai_protocol import OpenAIEngine

COMPLETE = """
[openai/gpt-4o]
openai_api_key = one

[azure/gpt-4o]
GPT4O_AZURE_OPENAI_API_BASE = https://example.openai.azure.com/
GPT4O_AZURE_OPENAI_API_VERSION = 2024-02-01
gpt4o_azure_openai_key = "two"
GPT4O_AZURE_OPENAI_DEPLOYMENT_ID = big

[azure/mistral-large-latest]
MISTRAL_AZURE_API_BASE = https://example.azure.com
MISTRAL_AZURE_KEY = three%%

[mistral/mistral-small]
MISTRAL_API_KEY = four

[ollama/llama3]
OLLAMA_ENDPOINT = http://localhost:11434
"""


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "models.conf"
    path.write_text(text)
    return path


def test_all_sections_of_the_ancestor(tmp_path: Path) -> None:
    openai, azure, azure_mistral, mistral, ollama = read_models_conf(write(tmp_path, COMPLETE))
    assert (openai.provider, openai.model, openai.base_url) == ("openai", "gpt-4o", OPENAI_URL)
    assert openai.api_key == "one"
    assert azure.base_url == "https://example.openai.azure.com/"
    assert (azure.api_version, azure.deployment, azure.api_key) == ("2024-02-01", "big", "two")
    assert azure_mistral.base_url == "https://example.azure.com/v1"
    assert (azure_mistral.api_key, azure_mistral.api_version) == ("three%%", None)
    assert (mistral.base_url, mistral.api_key) == (MISTRAL_URL, "four")
    assert (ollama.base_url, ollama.model) == ("http://localhost:11434/v1", "llama3")
    assert "[ollama/llama3]" in ollama.source


def invalid(
    tmp_path: Path, text: str, *, chat_model: str | None = None
) -> ModelConfigurationInvalid:
    with pytest.raises(ModelConfigurationInvalid) as caught:
        read_endpoints(models_conf=write(tmp_path, text), chat_model=chat_model)
    return caught.value


@pytest.mark.parametrize(
    ("text", "section", "key", "reason"),
    [
        ("[openai/gpt-4o]\n", "[openai/gpt-4o]", "OPENAI_API_KEY", "missing"),
        ("[mistral/x]\nMISTRAL_API_KEY=\n", "[mistral/x]", "MISTRAL_API_KEY", "missing"),
        ("[ollama/x]\n", "[ollama/x]", "OLLAMA_ENDPOINT", "missing"),
        ("[ollama/x]\nOLLAMA_ENDPOINT=localhost\n", "[ollama/x]", None, "not a web address"),
        (
            "[azure/gpt4-turbo]\nGPT4_TURBO_AZURE_OPENAI_API_BASE=https://x\n",
            "[azure/gpt4-turbo]",
            "GPT4_TURBO_AZURE_OPENAI_KEY",
            "missing",
        ),
        ("[azure/gpt-4o]\n", "[azure/gpt-4o]", "GPT4O_AZURE_OPENAI_API_BASE", "missing"),
        ("[azure/mistral-x]\n", "[azure/mistral-x]", "MISTRAL_AZURE_API_BASE", "missing"),
        (
            "[openai/x]\nOPENAI_API_KEY=<your key>\n",
            "[openai/x]",
            "OPENAI_API_KEY",
            "placeholder",
        ),
        ("[openai]\n", "[openai]", None, "not a known section"),
        ("[other/x]\n", "[other/x]", None, "[ollama/…]"),
    ],
)
def test_errors_name_file_section_and_key(
    tmp_path: Path, text: str, section: str, key: str | None, reason: str
) -> None:
    error = invalid(tmp_path, text)
    assert str(error.data["source"]).endswith("models.conf")
    assert error.data["section"] == section
    assert error.data["key"] == key
    assert reason in str(error)
    assert section in str(error)


@pytest.mark.parametrize(
    "text", ["OPENAI_API_KEY=1\n", "[openai/x]\n[openai/x]\n", "[openai/x\n", "[a/b]\nx\n"]
)
def test_a_broken_file_is_named(tmp_path: Path, text: str) -> None:
    assert "models.conf" in str(invalid(tmp_path, text))


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelConfigurationInvalid, match=r"none\.conf"):
        read_models_conf(tmp_path / "none.conf")
    path = tmp_path / "latin.conf"
    path.write_bytes(b"[openai/\xe9]")
    with pytest.raises(ModelConfigurationInvalid, match="UTF-8"):
        read_models_conf(path)


def test_nothing_is_the_demo_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (engine,) = build_engines(demo_pace=0)
    assert isinstance(engine, DemoModel)
    assert engine.info.is_demo


def test_a_file_in_the_working_directory_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, COMPLETE)
    engines = build_engines()
    assert [engine.info.provider for engine in engines[:2]] == ["openai", "azure"]
    assert isinstance(engines[0], OpenAIEngine)
    assert not engines[0].info.is_demo


def test_the_setting_pair() -> None:
    (alone,) = read_endpoints(openai_api_key="k")
    assert (alone.base_url, alone.model) == (OPENAI_URL, USUAL_OPENAI_MODEL)
    (local,) = read_endpoints(openai_base_url="http://localhost:11434/v1")
    assert local.model is None
    assert local.api_key
    (named,) = read_endpoints(openai_base_url="http://x/v1", chat_model="llama3")
    assert named.model == "llama3"


def test_the_chat_model_picks_the_first_section(tmp_path: Path) -> None:
    path = write(tmp_path, COMPLETE)
    by_name = read_endpoints(models_conf=path, chat_model="llama3", openai_api_key="k")
    assert [endpoint.model for endpoint in by_name][:2] == ["llama3", "gpt-4o"]
    by_section = read_endpoints(models_conf=path, chat_model="azure/gpt-4o")
    assert by_section[0].provider == "azure"
    assert len(by_section) == 5


def test_a_chat_model_of_its_own_comes_before_the_file(tmp_path: Path) -> None:
    path = write(tmp_path, COMPLETE)
    endpoints = read_endpoints(models_conf=path, chat_model="gpt-9", openai_api_key="k")
    assert (endpoints[0].model, endpoints[1].model) == ("gpt-9", "gpt-4o")
    assert len(endpoints) == 6


def test_the_key_fills_sections_without_one(tmp_path: Path) -> None:
    (endpoint,) = read_endpoints(models_conf=write(tmp_path, "[openai/x]\n"), openai_api_key="k")
    assert endpoint.api_key == "k"


def test_a_chat_model_alone_is_not_enough(tmp_path: Path) -> None:
    with pytest.raises(ModelConfigurationInvalid, match="MOJODEX_CHAT_MODEL"):
        read_endpoints(chat_model="gpt-9")
    error = invalid(tmp_path, "[ollama/x]\nOLLAMA_ENDPOINT=http://x\n", chat_model="gpt-9")
    assert "gpt-9" in str(error)


def test_vision_is_said_of_each_model(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        "[openai/one]\nOPENAI_API_KEY = k\n[openai/two]\nOPENAI_API_KEY = k\nVISION = False\n",
    )
    assert [each.has_vision for each in read_endpoints(models_conf=file)] == [True, False]
    (pair,) = read_endpoints(openai_api_key="k", has_vision=False)
    assert not pair.has_vision
    wrong = write(tmp_path, "[openai/one]\nOPENAI_API_KEY = k\nvision = perhaps\n")
    with pytest.raises(ModelConfigurationInvalid) as error:
        read_endpoints(models_conf=wrong)
    assert error.value.data["key"] == "VISION"
