"""`nnctl schema`"""


def command() -> None:
    """Print the JSON Schema of a config, for editors.

    Editors complete and check YAML with it.

    Example: nnctl schema > nnctl.schema.json
    """
    import json

    from nnctl.config.json_schema import json_schema

    print(json.dumps(json_schema(), indent=2))
