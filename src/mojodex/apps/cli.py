"""The command `mojodex`. Slow imports happen inside the commands that need them."""

import asyncio
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mojodex.apps.errors import FileUnreadable
from mojodex.kit.errors import AppError
from mojodex.platform.settings import Settings, load_settings

if TYPE_CHECKING:
    from mojodex.apps.mock_llm import MockKnobs

app = typer.Typer(
    name="mojodex",
    help="Self-hosted platform for task-oriented digital assistants.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
user_app = typer.Typer(help="People's accounts.", no_args_is_help=True)
task_app = typer.Typer(help="Definitions of tasks.", no_args_is_help=True)
app.add_typer(user_app, name="user")
app.add_typer(task_app, name="task")
jobs_app = typer.Typer(help="Background jobs that failed.", no_args_is_help=True)
app.add_typer(jobs_app, name="jobs")


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.", min=0, max=65535)] = None,
    *,
    worker: Annotated[
        bool, typer.Option(help="Run jobs in this process; without, start `mojodex worker`.")
    ] = True,
) -> None:
    """Serve the web app and all interfaces, with the worker in the same process."""
    from mojodex.apps import starting
    from mojodex.apps.roles import Role

    given = {"host": host, "port": port}
    settings = load_settings().with_server(**{k: v for k, v in given.items() if v is not None})
    starting.start(settings, Role.ALL if worker else Role.WEB)


@app.command()
def worker(
    host: Annotated[str, typer.Option(help="Address at which its health is told.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(help="Port of it; 0 takes a free one.", min=0, max=65535)
    ] = 0,
) -> None:
    """Run jobs and nothing else; as many as you like, beside servers on the same database."""
    from mojodex.apps import starting
    from mojodex.apps.roles import Role

    starting.start(load_settings().with_server(host=host, port=port), Role.WORKER)


@app.command()
def doctor(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for machines.")] = False,
) -> None:
    """Look for troubles and say how to cure them; changes nothing. Ends with 1 when there are."""
    from mojodex.apps import doctor as checks
    from mojodex.platform.telemetry import configure_logging

    configure_logging(level="error", is_json=False)
    findings = asyncio.run(checks.examine_installation())
    typer.echo(checks.render_json(findings) if as_json else checks.render_table(findings))
    if checks.has_trouble(findings):
        raise typer.Exit(1)


@app.command()
def backup(file: Annotated[Path, typer.Argument(help="File to write; it must not exist.")]) -> None:
    """Write database, people's files and secrets to one file. Works beside a running server."""
    from mojodex.apps.backup import back_up

    for line in asyncio.run(back_up(read_settings(), file)):
        typer.echo(line)


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="File that `mojodex backup` wrote.")],
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Only read it, whole, and say what is in it.")
    ] = False,
) -> None:
    """Put a backup into an empty place: a new data directory, or an empty database."""
    from mojodex.apps import backup as backups

    settings = read_settings()
    typer.echo(backups.check(file) if check else asyncio.run(backups.restore(settings, file)))


@app.command()
def version() -> None:
    """Print the version."""
    import mojodex

    typer.echo(mojodex.__version__)


@app.command("database-url")
def database_url() -> None:
    """Print the address of the database, for psql; the embedded one while a server runs."""
    from mojodex.apps.storage import find_address

    typer.echo(find_address(read_settings()))


@app.command()
def openapi(
    out: Annotated[Path, typer.Option(help="Directory to write one JSON file per interface to.")],
) -> None:
    """Write the OpenAPI description of each interface."""
    from mojodex.apps.web import openapi_documents

    out.mkdir(parents=True, exist_ok=True)
    for name, document in openapi_documents().items():
        path = out / f"{name}.json"
        text = json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False)
        path.write_text(f"{text}\n", encoding="utf-8")
        typer.echo(f"wrote {path}")


@user_app.command("create")
def create_user(
    *,
    email: Annotated[str, typer.Option(help="E-mail address, with which the person logs in.")],
    name: Annotated[str, typer.Option(help="Name; by default what stands before the @.")] = "",
    password: Annotated[
        str | None, typer.Option(help="Password; asked for when it is not given.")
    ] = None,
    language: Annotated[str, typer.Option(help="Language code, such as en or fr.")] = "en",
    admin: Annotated[bool, typer.Option("--admin", help="Let the person administrate.")] = False,
    tasks: Annotated[
        bool, typer.Option(help="Give the person the example tasks, without limit.")
    ] = True,
) -> None:
    """Make an account. Works beside a running server and without one."""
    from mojodex.apps import commands

    if password is None:
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    made = commands.NewUser(
        email=email,
        name=name or email.partition("@")[0],
        password=password,
        language=language,
        is_admin=admin,
        with_tasks=tasks,
    )
    typer.echo(asyncio.run(commands.create_user(read_settings(), made)))


@user_app.command("delete")
def delete_user(
    *,
    email: Annotated[str, typer.Option(help="E-mail address of the account.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Remove an account for good, with all its work and files. Works beside a running server."""
    from mojodex.apps import commands

    if not yes:
        typer.confirm(f"Delete {email} and everything they made? Nobody can undo it", abort=True)
    typer.echo(asyncio.run(commands.delete_user(read_settings(), email)))


@task_app.command("apply")
def apply_task(
    files: Annotated[list[Path], typer.Argument(help="JSON files, one task definition each.")],
    product: Annotated[
        int | None,
        typer.Option(help="Number of a product that gets the tasks; by default the example one."),
    ] = None,
) -> None:
    """Add the tasks that files define, or change those that have their names."""
    from mojodex.apps import commands

    definitions = {str(path): read_definition(path) for path in files}
    for line in asyncio.run(commands.apply_tasks(read_settings(), definitions, product)):
        typer.echo(line)


@jobs_app.command("failed")
def jobs_failed(
    *,
    limit: Annotated[int, typer.Option(help="So many at most, the latest.", min=1)] = 50,
    details: Annotated[
        bool, typer.Option("--details", help="Print the whole errors, with where they arose.")
    ] = False,
) -> None:
    """List the jobs that finally failed. Works beside a running server and without one."""
    from mojodex.apps import failed_jobs

    shown = failed_jobs.show_failed(read_settings(), limit=limit, has_details=details)
    typer.echo("\n".join(asyncio.run(shown)))


@jobs_app.command("retry")
def jobs_retry(
    *,
    job_id: Annotated[
        int | None, typer.Argument(metavar="ID", help="Number of a failed job.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Retry every failed job.")] = False,
) -> None:
    """Queue a failed job again, or all of them. Works beside a running server and without one."""
    from mojodex.apps import failed_jobs
    from mojodex.apps.troubles import render_failure

    if (job_id is None) != every:
        raise typer.BadParameter("give the number of one job, or --all")
    lines, errors = asyncio.run(failed_jobs.retry_failed(read_settings(), job_id=job_id))
    typer.echo("\n".join(lines))
    for number, error in errors.items():
        typer.echo(f"{number}: {render_failure(error)}", err=True)
    if errors:
        raise typer.Exit(1)


@app.command("mock-llm")
def mock_llm(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on; 0 takes a free one.")] = 8080,
    first_token: Annotated[float, typer.Option(help="Seconds before the first token.")] = 0.2,
    between_tokens: Annotated[float, typer.Option(help="Seconds between tokens.")] = 0.016,
    words: Annotated[int | None, typer.Option(help="Length of answers, in words.")] = None,
    words_for: Annotated[
        str | None, typer.Option(help="The one prompt whose answers get that length.")
    ] = None,
    failure_rate: Annotated[
        float, typer.Option(help="Share of calls that fail, from 0 to 1.", min=0, max=1)
    ] = 0.0,
    seed: Annotated[int | None, typer.Option(help="Makes the failures repeatable.")] = None,
    *,
    stamps: Annotated[
        bool, typer.Option("--stamps", help="Send numbers and times in place of words.")
    ] = False,
) -> None:
    """Serve the demo model over OpenAI's protocol, for tests and benchmarks."""
    from uvicorn.loops.auto import auto_loop_factory

    from mojodex.apps.mock_llm import MockKnobs

    knobs = MockKnobs(
        first_token=first_token,
        between_tokens=between_tokens,
        n_words=words,
        words_for=words_for,
        has_stamps=stamps,
        failure_rate=failure_rate,
        seed=seed,
    )
    try:
        with asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
            runner.run(_serve_mock(knobs, host, port))
    except KeyboardInterrupt:
        typer.echo("Stopped.")


async def _serve_mock(knobs: "MockKnobs", host: str, port: int) -> None:
    from mojodex.apps.mock_llm import serve_mock_llm

    def tell(url: str) -> None:
        typer.echo(f"The demo model answers at {url} (OPENAI_BASE_URL={url})")

    await serve_mock_llm(knobs, host=host, port=port, on_ready=tell)


def read_settings() -> Settings:
    """The settings, for a command that prints little: warnings and errors only."""
    from mojodex.platform.telemetry import configure_logging

    configure_logging(level="warning", is_json=False)
    return load_settings()


def read_definition(path: Path) -> dict[str, Any]:
    """A JSON object from a file. Raises `FileUnreadable`."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise FileUnreadable(path=str(path), reason=error.strerror or str(error)) from error
    except ValueError as error:
        raise FileUnreadable(path=str(path), reason=f"it is not JSON ({error})") from error
    if not isinstance(value, dict):
        raise FileUnreadable(path=str(path), reason="it is not a JSON object")
    return value


def main() -> None:
    """Run the command; an expected failure is a sentence and exit code 1."""
    try:
        app()
    except AppError as error:
        from mojodex.apps.troubles import render_failure

        sys.stderr.write(f"{render_failure(error)}\n")
        sys.exit(1)


if __name__ == "__main__":
    main()
