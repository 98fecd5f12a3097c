"""What a person drops on the page."""


def drop(page, *paths):
    """Drop files or folders on the page as a person does, from outside of the browser."""
    client = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        client.send("Input.dispatchDragEvent", {"type": kind, "x": 400, "y": 250, "data": data})
    client.detach()
