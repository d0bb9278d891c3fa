"""Reading settings: defaults, names, precedence, and errors that name the variable."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mojodex.platform.settings import (
    InvalidSettings,
    LogFormat,
    LogLevel,
    Settings,
    load_settings,
    render_example,
)
from mojodex.platform.settings.source import known_variables


def load(**environ: str) -> Settings:
    return load_settings(environ, None)


def problems(**environ: str) -> tuple[str, ...]:
    with pytest.raises(InvalidSettings) as caught:
        load(**environ)
    return caught.value.problems


def test_everything_has_a_default() -> None:
    settings = load()
    assert (settings.server.host, settings.server.port) == ("127.0.0.1", 5001)
    assert settings.server.url == "http://localhost:5001"
    assert settings.database.data_dir == Path("data").absolute()
    assert settings.media_dir == Path("data").absolute() / "media"
    assert settings.is_embedded
    assert settings.logging.level is LogLevel.INFO
    assert settings.logging.format is LogFormat.AUTO
    assert settings.secrets.backoffice_secret is None


def test_our_variables_are_read() -> None:
    settings = load(
        MOJODEX_PORT="8000",
        MOJODEX_DATA_DIR="/srv/mojodex",
        MOJODEX_DATABASE_URL="postgresql://a:b@c/d",
        MOJODEX_PUBLIC_URL="https://example.org/",
        OPENAI_API_KEY="sk-1",
        OPENAI_BASE_URL="http://localhost:11434/v1/",
        MOJODEX_CHAT_MODEL="llama",
        MOJODEX_DEMO_PACE="0",
        SMTP_ADDRESS="mail.example.org",
        SENDER_EMAIL="bot@example.org",
    )
    assert settings.server.port == 8000
    assert settings.server.url == "https://example.org"
    assert settings.media_dir == Path("/srv/mojodex/media")
    assert settings.database.external_url == "postgresql://a:b@c/d"
    assert settings.models.openai_api_key is not None
    assert settings.models.openai_api_key.get_secret_value() == "sk-1"
    assert settings.models.openai_base_url == "http://localhost:11434/v1"
    assert settings.models.demo_pace == 0
    assert settings.mail.smtp_port == 587


def test_the_ancestors_variables_mean_the_same() -> None:
    settings = load(
        DBHOST="db",
        DBNAME="mojo dex",
        DBUSER="me@home",
        DBPASS="p/w:1",
        FLASK_POOL_SIZE="25",
        LOG_LEVEL="warning",
        USERS_DATA_STORAGE="/data/users",
        BACKOFFICE_SECRET="s1",
    )
    assert settings.database.external_url == "postgresql://me%40home:p%2Fw%3A1@db/mojo%20dex"
    assert settings.database.pool_size == 25
    assert settings.logging.level is LogLevel.WARNING
    assert settings.media_dir == Path("/data/users")
    assert settings.secrets.backoffice_secret is not None


def test_our_variable_wins_over_the_ancestors() -> None:
    assert load(MOJODEX_LOG_LEVEL="ERROR", LOG_LEVEL="debug").logging.level is LogLevel.ERROR
    url = "postgresql:///mine"
    assert load(MOJODEX_DATABASE_URL=url, DBHOST="db").database.external_url == url


@pytest.mark.parametrize("word", ["debug", "DEBUG", "Info", "warning ", "ERROR"])
def test_levels_are_read_in_either_case(word: str) -> None:
    assert load(MOJODEX_LOG_LEVEL=word).logging.level.value == word.strip().lower()


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        ("MOJODEX_PORT", "abc", "a whole number from 0 to 65535"),
        ("MOJODEX_PORT", "70000", "a whole number from 0 to 65535"),
        ("MOJODEX_PUBLIC_URL", "example.org", "http://"),
        ("OPENAI_BASE_URL", "localhost:11434", "http://"),
        ("MOJODEX_DEMO", "perhaps", "true or false"),
        ("LOG_LEVEL", "verbose", "debug, info, warning or error"),
        ("SENDER_EMAIL", "nobody", "an e-mail address"),
        ("FLASK_POOL_SIZE", "1", "from 2 to 200"),
        ("MOJODEX_DEMO_PACE", "-1", "from 0 to"),
    ],
)
def test_a_wrong_value_names_variable_value_and_rule(variable: str, value: str, told: str) -> None:
    (problem,) = problems(**{variable: value})
    assert problem.startswith(f'{variable}: "{value}" is not allowed. Allowed: ')
    assert told in problem


def test_all_wrong_values_are_told_at_once() -> None:
    assert len(problems(MOJODEX_PORT="x", MOJODEX_LOG_LEVEL="y", MOJODEX_DEMO="z")) == 3


def test_a_wrong_secret_is_not_repeated() -> None:
    (problem,) = problems(MOJODEX_DATABASE_URL="mysql://root:hunter2@h/d")
    assert "hunter2" not in problem
    assert problem.startswith("MOJODEX_DATABASE_URL: its value is not allowed. Allowed: postgresql")


def test_halves_are_refused() -> None:
    assert problems(DBHOST="db") == ("DBHOST is set, so DBNAME and DBUSER must be set too.",)
    assert problems(SMTP_ADDRESS="h") == ("SMTP_ADDRESS is set, so SENDER_EMAIL must be set too.",)


def test_secrets_do_not_show_in_a_representation() -> None:
    settings = load(BACKOFFICE_SECRET="hunter2", MOJODEX_DATABASE_URL="postgresql://a:hunter2@b/c")
    assert "hunter2" not in repr(settings)


def test_the_file_is_read_and_the_environment_wins(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text('# a comment\nMOJODEX_PORT=7000\nexport MOJODEX_CHAT_MODEL="a b"\nLOG_LEVEL=\n')
    settings = load_settings({"MOJODEX_PORT": "7001"}, file)
    assert settings.server.port == 7001
    assert settings.models.chat_model == "a b"
    assert settings.logging.level is LogLevel.INFO
    assert load_settings({}, file).server.port == 7000
    assert load_settings({"MOJODEX_PORT": ""}, tmp_path / "absent").server.port == 5001


def test_an_unreadable_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_bytes(b"A=\xff\xfe\n")
    with pytest.raises(InvalidSettings, match="cannot be read"):
        load_settings({}, file)


def test_misspelt_variables_are_told() -> None:
    settings = load(MOJODEX_PROT="1", MOJODEX_BACKEND_URI="x", MOJODEX_ZZZ="1")
    assert settings.unknown_variables == (
        "MOJODEX_PROT (did you mean MOJODEX_PORT?)",
        "MOJODEX_ZZZ",
    )


@pytest.mark.parametrize(
    ("host", "is_loopback", "url"),
    [
        ("127.0.0.1", True, "http://localhost:5001"),
        ("::1", True, "http://localhost:5001"),
        ("localhost", True, "http://localhost:5001"),
        ("0.0.0.0", False, "http://localhost:5001"),
        ("::", False, "http://localhost:5001"),
        ("10.0.0.7", False, "http://10.0.0.7:5001"),
        ("fd00::7", False, "http://[fd00::7]:5001"),
        ("box.local", False, "http://box.local:5001"),
    ],
)
def test_where_it_listens_decides_address_and_demo(host: str, is_loopback: bool, url: str) -> None:
    server = load(MOJODEX_HOST=host).server
    assert server.is_loopback is is_loopback
    assert server.is_demo_allowed is is_loopback
    assert server.url == url
    assert load(MOJODEX_HOST=host, MOJODEX_DEMO="true").server.is_demo_allowed
    assert not load(MOJODEX_HOST=host, MOJODEX_DEMO="false").server.is_demo_allowed


def test_settings_are_frozen() -> None:
    settings = load()
    with pytest.raises(ValueError, match="frozen"):
        settings.server.__setattr__("port", 1)
    changed = settings.with_server(port=6000)
    assert (settings.server.port, changed.server.port) == (5001, 6000)


def test_no_variable_has_two_meanings() -> None:
    names = known_variables()
    assert len(names) == len(set(names))


def test_the_example_file_is_current() -> None:
    file = Path(__file__).parents[3] / ".env.example"
    assert file.read_text() == render_example(), "run scripts/env-example"


def test_the_example_changes_nothing_when_copied(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text(render_example())
    assert load_settings({}, file) == load_settings({}, None)
    uncommented = [line.removeprefix("# ") for line in render_example().splitlines() if "=" in line]
    file.write_text("\n".join(line for line in uncommented if line.partition("=")[0].isupper()))
    assert load_settings({}, file) == load_settings({}, None)


@given(st.dictionaries(st.sampled_from(known_variables()), st.text(max_size=30)))
def test_any_text_is_read_or_refused_in_words(environ: dict[str, str]) -> None:
    told: tuple[str, ...] = ()
    try:
        load_settings(environ, None)
    except InvalidSettings as error:
        told = error.problems or ("",)
    assert all(problem.endswith(".") for problem in told)
