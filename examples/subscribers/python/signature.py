"""Verifies that a record was published by auth (docs/events.md#where-an-event-comes-from)."""
import base64
import hashlib
import hmac
import json
import time
import urllib.request

# The minimum time in seconds between two fetches that an unknown key id causes. Anybody who can write to the topic can
# make up key ids. So a new key must be published at least this long before auth signs with it.
FETCH_INTERVAL = 10

# The attributes of an event that its hash covers, by the names that they have in the hashed object.
COVERED = {
    "id": "ce_id",
    "type": "ce_type",
    "schema": "ce_dataschema",
    "subject": "ce_subject",
    "time": "ce_time",
    "previous": "ce_previoushash",
}


class Forged(Exception):
    pass


class KeysUnavailable(Exception):
    """The keys of auth cannot be fetched, so a record cannot be verified now. Read the record again later."""


class Keys:
    """Auth's public keys for event signatures. An unknown id causes another fetch, because auth may have a new key."""

    def __init__(self, url):
        """Fetches the keys. Raises KeysUnavailable if they cannot be fetched."""
        self.url, self.by_id, self.next_fetch = url, fetch_keys(url), 0.0

    def find(self, kid):
        """Returns the key with this id. Raises KeyError if auth has no such key, or KeysUnavailable."""
        if kid not in self.by_id and time.monotonic() >= self.next_fetch:
            self.by_id = fetch_keys(self.url)
            self.next_fetch = time.monotonic() + FETCH_INTERVAL
        return self.by_id[kid]


def fetch_keys(url):
    """Returns the keys of a JWKS document by their ids. Raises KeysUnavailable if the document cannot be fetched."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        with urllib.request.urlopen(url, timeout=10) as response:
            jwks = json.load(response)
        return {
            key["kid"]: Ed25519PublicKey.from_public_bytes(bytes_of(key["x"]))
            for key in jwks["keys"]
            if key.get("crv") == "Ed25519"
        }
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise KeysUnavailable(f"the keys of auth cannot be fetched from {url}: {error}") from error


def has_own_key(record):
    """Returns whether the key of a record names the record's own event.

    A record with the key of another event is harmful even if it is genuine: on a compacted topic it removes that other
    event.
    """
    subject, sequence = record["headers"]["ce_subject"], int(record["headers"]["ce_sequence"])
    return record["key"] in (subject, f"{subject}/{sequence}")


def verify(record, keys):
    """Checks that a record has its own key, and that its signature was made with one of auth's keys.

    Raises Forged if not, or KeysUnavailable if the key cannot be fetched now.
    """
    from cryptography.exceptions import InvalidSignature

    headers = record["headers"]
    try:
        if not has_own_key(record):
            raise Forged("it has the key of another event")
        digest = hashlib.sha256(canonical(covered_by_hash(headers, record["value"]))).digest()
        if not is_same(digest, headers["ce_hash"]):
            raise Forged("another content")
        kid, signature = headers["ce_signature"].rsplit(".", 1)
        keys.find(kid).verify(bytes_of(signature), b"latchkey-event:" + headers["ce_hash"].encode())
    except (KeyError, ValueError, TypeError, RecursionError) as error:
        raise Forged(f"{type(error).__name__}: {error}") from error
    except InvalidSignature as error:
        raise Forged("no signature by a key of auth") from error


def covered_by_hash(headers, value):
    """Returns the object whose hash is `ce_hash`.

    Instead of the person's data, the object contains only a digest, so that the data can be erased.
    """
    covered = {name: headers.get(header) for name, header in COVERED.items()}
    data = json.loads(value)
    if not isinstance(data, dict):
        raise Forged("the data is no object")
    covered |= {"data": data, "sequence": int(headers["ce_sequence"])}
    if "person" in data:
        covered["person"] = headers.get("ce_persondigest")
        person = data.pop("person")
        if person is not None:
            salt = bytes_of(headers["ce_personsalt"])
            if not is_same(hmac.digest(salt, canonical(person), "sha256"), headers["ce_persondigest"]):
                raise Forged("another person")
    return covered


def canonical(value):
    """Returns canonical JSON (RFC 8785). Supports only what events contain: ASCII property names, and no fractions."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def is_same(digest, text):
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == text


def bytes_of(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
