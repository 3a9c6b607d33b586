"""What a console prints of text."""

from rich.table import Table

from nnctl.cli.console import open_console


def test_text_is_no_markup(capsys):
    table = Table(box=None)
    table.add_column("[bold]head[/]")
    table.add_row("[red]:smile:[/]")
    console = open_console()
    console.print(table)
    console.print("[link=x]a")
    assert capsys.readouterr().out.split() == ["[bold]head[/]", "[red]:smile:[/]", "[link=x]a"]
