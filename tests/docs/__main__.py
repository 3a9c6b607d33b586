"""`python -m tests.docs` writes the pages that are made from the code anew."""

from tests.docs.pages import DOCS, made_pages

if __name__ == "__main__":
    for path, text in made_pages():
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
            print("wrote", path.relative_to(DOCS))
