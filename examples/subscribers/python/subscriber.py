"""Subscribes to the events of accounts.

Applies each event once, in order per account, and parks an account at an event that it cannot apply. Skips records that
auth has not signed.

    pip install -r requirements.txt
    KAFKA_BROKERS=localhost:19092 JWKS_URL=http://localhost:8080/.well-known/jwks.json python3 subscriber.py accounts.db

With --stdin, reads records as JSON lines instead, for the conformance kit (libs/events/conformance). Verifies their
signatures only if JWKS_URL is set.
"""
import json
import os
import re
import sqlite3
import sys
from datetime import datetime, timezone
from typing import NamedTuple

from signature import Forged, Keys, has_own_key, verify

TOPIC = "accounts.events.v1"
RECEIPTS = "erasures.receipts.v1"
GROUP = os.environ.get("KAFKA_GROUP", "python-subscriber")


def user_registered(db, account, data):
    name = (data.get("person") or {}).get("username")
    db.execute("INSERT OR REPLACE INTO accounts (id, username, verified) VALUES (?, ?, 0)", (account, name))


def account_verified(db, account, data):
    db.execute("UPDATE accounts SET verified = 1 WHERE id = ?", (account,))


def account_deleted(db, account, data):
    """The position remains, so that a duplicate of an earlier event does not create the account again."""
    db.execute("DELETE FROM accounts WHERE id = ?", (account,))


def sessions_revoked(db, account, data):
    """Only the position advances: access tokens whose `seq` is lower than the stored sequence are invalid."""


# The types of events that have an effect, each with the supported version. Events of other types only advance the
# position.
HANDLERS = {
    "UserRegistered": (1, user_registered),
    "AccountVerified": (1, account_verified),
    "SessionsRevoked": (1, sessions_revoked),
    "RegistrationEnded": (1, account_deleted),
    "AccountErased": (1, account_deleted),
}

TABLES = """
CREATE TABLE IF NOT EXISTS accounts (id TEXT PRIMARY KEY, username TEXT, verified INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS positions (
  account TEXT PRIMARY KEY, sequence INTEGER NOT NULL, hash TEXT,
  parked TEXT, partition INTEGER, parked_offset INTEGER
);
"""


KEY = re.compile("([0-9a-fA-F-]{36})(/[1-9][0-9]{0,9})?")


class Unreadable(Exception):
    pass


class Position(NamedTuple):
    """How far the events of an account are applied."""

    sequence: int = 0
    # The hash of the last applied event; None if it is unknown.
    hash: str | None = None
    # Why the account is parked, and at which record; None if it is not parked.
    parked: str | None = None
    partition: int | None = None
    offset: int | None = None


def account_of(record):
    """Returns the account in the key, which is `<account>/<sequence>`, or `<account>` if release 0.1 wrote it.

    Returns None for any other key.
    """
    key = KEY.fullmatch(record["key"] or "")
    return key and key[1]


def read_event(record):
    """Returns the sequence, type, version and data of an event. Raises Unreadable if the record is no valid event."""
    try:
        headers = record["headers"]
        _, _, _, named, version = headers["ce_dataschema"].split(":")
        if named != headers["ce_type"] or not has_own_key(record):
            raise Unreadable("the headers contradict each other")
        data = json.loads(record["value"])
        if not isinstance(data, dict):
            raise Unreadable("the data is no object")
        return int(headers["ce_sequence"]), headers["ce_type"], int(version), data
    except (KeyError, ValueError, TypeError) as error:
        raise Unreadable(str(error)) from error


def is_forked(position, record, sequence):
    """Returns whether an event belongs to another history than the applied ones, because auth was restored."""
    event_hash, previous = record["headers"].get("ce_hash"), record["headers"].get("ce_previoushash")
    if position.hash is None or event_hash is None:
        return False
    if sequence == position.sequence:
        return event_hash != position.hash
    return sequence == position.sequence + 1 and previous != position.hash


class Subscriber:
    def __init__(self, db, keys, read_again, handled, confirm):
        """keys: the public keys of auth; None to accept unverified records.

        read_again(partition, first, end) yields the records between two offsets of a partition.
        handled(account, sequence) is called after each event that has a handler.
        confirm(account, sequence) sends the receipt of an erasure; if it raises, AccountErased must be delivered again.
        """
        self.db, self.keys, self.read_again, self.handled, self.confirm = db, keys, read_again, handled, confirm
        db.executescript(TABLES)

    def take(self, record):
        account = account_of(record)
        if not account:
            # The record is a heartbeat of auth, or its key names no account.
            return
        if not self.is_genuine(record, account):
            return
        position = self.position(account)
        if position.parked == "gap":
            self.fill_gap(account, position, record)
        elif position.parked is None:
            self.apply(record, position)

    def is_genuine(self, record, account):
        """Returns whether auth has published the record.

        If not, an operator should be alerted, because somebody else can write to the topic.
        """
        if self.keys is None:
            return True
        try:
            verify(record, self.keys)
            return True
        except Forged as error:
            print(f"{account}: skipped a forged record: {error}", file=sys.stderr)
            return False

    def position(self, account):
        row = self.db.execute(
            "SELECT sequence, hash, parked, partition, parked_offset FROM positions WHERE account = ?", (account,)
        ).fetchone()
        return Position(*row) if row else Position()

    def apply(self, record, position, mark=Position()):
        """Applies the account's next event. Stores the event's effect and the position in one transaction.

        The receipt of an erasure is sent once the data is deleted, and before the position is stored, so that a receipt
        that could not be sent is sent when the event is delivered again.

        mark: the mark of a parked account, which is kept until all events that were held back are applied.
        Returns False if the account is parked.
        """
        account = account_of(record)
        try:
            sequence, kind, version, data = read_event(record)
            if is_forked(position, record, sequence):
                return self.park(record, position, "forked")
            if sequence <= position.sequence:
                return True
            if sequence != position.sequence + 1:
                return self.park(record, position, "gap")
            known, handler = HANDLERS.get(kind, (None, None))
            if handler is not None and version != known:
                raise Unreadable(f"version {version} of {kind}")
            with self.db:
                if handler is not None:
                    handler(self.db, account, data)
                if kind == "AccountErased":
                    self.db.commit()
                    self.confirm(account, sequence)
                self.save(account, mark._replace(sequence=sequence, hash=record["headers"].get("ce_hash")))
        except Unreadable as error:
            print(f"{account}: {error}", file=sys.stderr)
            return self.park(record, position, "unreadable")
        if handler is not None:
            self.handled(account, sequence)
        return True

    def fill_gap(self, account, parked, record):
        """Resumes a parked account if the record is the missing event.

        Applies this event, and then the events that were held back since. If an earlier process ended before it had
        applied all of them, the missing event is applied already.
        """
        try:
            if read_event(record)[0] > parked.sequence + 1:
                return
        except Unreadable:
            return
        if not self.apply(record, parked, parked):
            return
        for later in self.read_again(parked.partition, parked.offset, record["offset"]):
            if account_of(later) != account or not self.is_genuine(later, account):
                continue
            if not self.apply(later, self.position(account), parked):
                return
        with self.db:
            self.save(account, self.position(account)._replace(parked=None, partition=None, offset=None))

    def park(self, record, position, reason):
        """Parks an account, so that its further events are held back. Returns False.

        An operator should be alerted, unless the reason is a gap: the account resumes when the missing event arrives.
        """
        mark = {"parked": reason, "partition": record["partition"], "offset": record["offset"]}
        with self.db:
            self.save(account_of(record), position._replace(**mark))
        return False

    def save(self, account, position):
        self.db.execute("INSERT OR REPLACE INTO positions VALUES (?, ?, ?, ?, ?, ?)", (account, *position))


def from_stdin(db, keys):
    """Handles the records on stdin. Prints one line per handled event, and then one line per account."""
    records = [json.loads(line) for line in sys.stdin]
    records = [{**record, "partition": 0, "offset": offset} for offset, record in enumerate(records)]

    def print_handled(account, sequence):
        print(json.dumps({"handled": account, "sequence": sequence}))

    def read_again(_, first, end):
        return records[first:end]

    subscriber = Subscriber(db, keys, read_again, print_handled, confirm=lambda account, sequence: None)
    for record in records:
        subscriber.take(record)
    rows = db.execute("SELECT account, sequence, parked, username FROM positions LEFT JOIN accounts ON id = account")
    for account, sequence, parked, username in rows:
        print(json.dumps({"account": account, "sequence": sequence, "parked": parked, "username": username}))


def record_of(message):
    def text(value):
        return value.decode("utf-8", "replace") if value is not None else None

    return {
        "key": text(message.key()),
        "value": text(message.value()),
        "headers": {name: text(value) for name, value in message.headers() or []},
        "partition": message.partition(),
        "offset": message.offset(),
    }


def from_kafka(db, keys):
    from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition

    settings = {
        "bootstrap.servers": os.environ["KAFKA_BROKERS"],
        "group.id": GROUP,
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
        # Latchkey writes no transactions. With the default of librdkafka, a transaction that another producer leaves
        # open would hold up all later records.
        "isolation.level": "read_uncommitted",
    }

    def read_again(partition, first, end):
        rereader = Consumer({**settings, "group.id": f"{GROUP}-again"})
        rereader.assign([TopicPartition(TOPIC, partition, first)])
        try:
            while True:
                message = rereader.poll(1.0)
                if message is None or message.error():
                    continue
                if message.offset() >= end:
                    return
                yield record_of(message)
        finally:
            rereader.close()

    def print_handled(account, sequence):
        print(f"{account} {sequence}", flush=True)

    producer = Producer({"bootstrap.servers": settings["bootstrap.servers"]})

    def confirm(account, sequence):
        """Publishes the receipt of an erasure. Raises KafkaException if it may not have been written."""
        now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        receipt = {"userId": account, "consumer": GROUP, "sequence": sequence, "confirmedAt": now}
        outcomes = []
        producer.produce(RECEIPTS, json.dumps(receipt), account, on_delivery=lambda error, _: outcomes.append(error))
        producer.flush()
        if outcomes != [None]:
            raise KafkaException(*outcomes)

    consumer = Consumer(settings)
    subscriber = Subscriber(db, keys, read_again, print_handled, confirm)
    consumer.subscribe([TOPIC])
    try:
        while True:
            message = consumer.poll(1.0)
            if message is None:
                continue
            if message.error():
                print(message.error(), file=sys.stderr)
                continue
            subscriber.take(record_of(message))
            # The commit of offsets may be lost without harm: redelivered events are recognised by their sequence and
            # skipped.
            consumer.commit(message, asynchronous=True)
    except KeyboardInterrupt:
        pass
    finally:
        consumer.close()


if __name__ == "__main__":
    jwks_url = os.environ.get("JWKS_URL")
    if sys.argv[1:] == ["--stdin"]:
        from_stdin(sqlite3.connect(":memory:"), Keys(jwks_url) if jwks_url else None)
    elif jwks_url:
        from_kafka(sqlite3.connect(sys.argv[1]), Keys(jwks_url))
    else:
        sys.exit("set JWKS_URL: where auth publishes the keys that it signs events with")
