"""What our API asks of requests and JSON Schema cannot say.

Generated requests are brought in line with it here, so that whatever is still found is a fault.
"""

import datetime
import uuid

import schemathesis

# Longest tag. A longer text with white space at its ends is trimmed first, and may be valid.
SHORTEST_LIMIT = 50
# A URL can grow when it is normalised; up to this length it stays within the limit.
URL_LENGTH = 1000

# Pixels that are enough for any QR code of ours.
QR_SIZE = 512

# This many days have few enough hours for a series.
HOURLY_DAYS = 150

# A password that is hard to guess, and a host that no link of these tests leads to.
PASSWORD = "four words nobody guesses"
BLOCKED_HOST = "evil.invalid"

# A client that no test uses.
BLOCKED_NETWORK = "203.0.113.7"

# Percent-encoded, a longer query exceeds the limit of all queries.
QUERY_LENGTH = 2100

# No report has this id: to block the host of a real one would refuse all further links.
NO_REPORT = 9007199254740991

# In these requests the end must be in the future.
ENDS = {
    "/api/v1/admin/invites": "expires_at",
    "/api/v1/admin/users/{id}/keys": "expires_at",
    "/api/v1/keys": "expires_at",
    "/api/v1/admin/ip-blocks": "until",
}

FILTERS = {"q", "tag", "owner", "created_from", "created_to", "sort"}


@schemathesis.hook
def before_call(ctx, case, kwargs):
    is_positive = case.meta is None or case.meta.generation.mode.is_positive
    if isinstance(case.body, dict):
        case.body = meant_body(case.body, is_positive, case.method)
        if is_positive:
            case.body = meant_values(case.body, case.operation.path)
    if case.operation.path.endswith("/block-host"):
        case.path_parameters["id"] = NO_REPORT
    if isinstance(case.query, dict):
        case.query = meant_query(case.query, is_positive, case.operation.path)
    if is_positive and "Idempotency-Key" in (case.headers or {}):
        # The same key with another body is refused, and two requests seldom have the same body.
        case.headers["Idempotency-Key"] = str(uuid.uuid4())


def meant_body(body, is_positive, method):
    body = {name: meant(value) for name, value in body.items()}
    if is_positive:
        # One has to be after the other; in an edit the link may have the other already.
        if body.get("valid_from") and (body.get("expires_at") or method == "PATCH"):
            del body["valid_from"]
        if body.get("expires_at") and method == "PATCH":
            del body["expires_at"]
        for name in ("original_url", "fallback_url"):
            target = body.get(name) or ""
            # A link may not lead back to the server, whose own URLs appear in its answers.
            if URL_LENGTH < len(target) or "//127.0.0.1" in target:
                body[name] = "https://example.com/"
    return body


def meant_values(body, path):
    """What has rules that no schema can say."""
    for name in ("password", "new_password"):
        if body.get(name):
            body[name] = PASSWORD
    end = ENDS.get(path)
    if end and body.get(end):
        tomorrow = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=1)
        body[end] = tomorrow.strftime("%Y-%m-%dT%H:%M:%SZ")
    if "pattern" in body:
        body["pattern"] = BLOCKED_HOST
    if "network" in body:
        body["network"] = BLOCKED_NETWORK
    # An address can have only one account, so make each address unique.
    if body.get("email"):
        body["email"] = f"{uuid.uuid4()}@example.com"
    # A report names the link in one of two ways, and the URL has to be of this server.
    if path == "/api/v1/reports":
        body.pop("url", None)
        body["short_code"] = body.get("short_code") or "blog"
    return body


def meant_query(query, is_positive, path):
    query = {name: written(meant(value)) for name, value in query.items()}
    if isinstance(query.get("target"), str):
        query["target"] = query["target"].encode("ascii", "replace").decode()[:QUERY_LENGTH]
        # A control character is three bytes as well.
        query["target"] = "".join(c if c.isalnum() else "x" for c in query["target"])
    if is_positive:
        if "target" in query:
            query["target"] = "https://example.com/"
        # The links have to go to another user.
        query.pop("links_to", None)
        # A cursor comes from the page before; only that of a history is a number, as documented.
        if not path.endswith("/history"):
            query.pop("cursor", None)
        # These parameters name the links exactly, and allow no other filter.
        if "short_code" in query or query.get("status") == "deleted":
            for name in FILTERS:
                query.pop(name, None)
        if "short_code" in query and query.get("status") != "deleted":
            query.pop("status", None)
        if "/analytics/" in path:
            query = meant_time(query)
        # Colours with too little contrast cannot be scanned.
        if "fg" in query or "bg" in query:
            query.update(fg="024", bg="fed")
        # The minimum size of a QR code depends on its text, its margin and its correction.
        if "size" in query:
            query["size"] = max(int(query["size"]), QR_SIZE)
    return query


def written(value):
    """5.0 becomes 5: in an address a number is written in one way."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def meant_time(query):
    """A time that has been, in a zone that there is, of which few enough points are made."""
    if "tz" in query:
        query["tz"] = "Europe/Berlin"
    if "from" in query:
        query.pop("days", None)
        query["from"] = "2026-01-01"
    else:
        query.pop("to", None)
    if "to" in query:
        query["to"] = "2026-01-31T12:00:00Z"
    if query.get("unit") == "hour":
        if "days" in query:
            query["days"] = min(query["days"], HOURLY_DAYS)
        query.pop("from", None)
        query.pop("to", None)
    return query


def meant(value):
    """A text that is too long for its white space alone becomes one that is really too long."""
    if isinstance(value, list):
        return [meant(item) for item in value]
    if isinstance(value, str) and SHORTEST_LIMIT < len(value):
        inner = value.strip()
        if inner and len(inner) < len(value):
            start = value.index(inner)
            return "x" * start + inner + "x" * (len(value) - start - len(inner))
    return value
