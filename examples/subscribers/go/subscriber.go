package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"

	"go.etcd.io/bbolt"
)

// Record is a record of the topic in text form.
type Record struct {
	Key       *string           `json:"key"`
	Value     *string           `json:"value"`
	Headers   map[string]string `json:"headers"`
	Partition int32             `json:"-"`
	Offset    int64             `json:"-"`
}

// Position is the sequence and the hash of an account's last applied event and, if the account is parked, the reason.
// The hash is empty if it is unknown.
type Position struct {
	Sequence  int64  `json:"sequence"`
	Hash      string `json:"hash,omitempty"`
	Parked    string `json:"parked,omitempty"`
	Partition int32  `json:"partition,omitempty"`
	Offset    int64  `json:"offset,omitempty"`
}

// Account is the data that this service stores about an account.
type Account struct {
	Username string `json:"username"`
	Verified bool   `json:"verified"`
}

var accounts, positions = []byte("accounts"), []byte("positions")

type handler struct {
	version int
	apply   func(tx *bbolt.Tx, account string, data map[string]any) error
}

// handlers contains the types of events that have an effect, each with the supported version. Events of other types
// only advance the position.
var handlers = map[string]handler{
	"UserRegistered":    {1, userRegistered},
	"AccountVerified":   {1, accountVerified},
	"SessionsRevoked":   {1, sessionsRevoked},
	"RegistrationEnded": {1, accountDeleted},
	"AccountErased":     {1, accountDeleted},
}

func userRegistered(tx *bbolt.Tx, account string, data map[string]any) error {
	person, _ := data["person"].(map[string]any)
	username, _ := person["username"].(string)
	return put(tx, accounts, account, Account{Username: username})
}

func accountVerified(tx *bbolt.Tx, account string, _ map[string]any) error {
	var known Account
	if err := get(tx, accounts, account, &known); err != nil {
		return err
	}
	known.Verified = true
	return put(tx, accounts, account, known)
}

// The position remains, so that a duplicate of an earlier event does not create the account again.
func accountDeleted(tx *bbolt.Tx, account string, _ map[string]any) error {
	return tx.Bucket(accounts).Delete([]byte(account))
}

// The event has no effect except on the position: access tokens whose `seq` is lower than the stored sequence are
// invalid.
func sessionsRevoked(*bbolt.Tx, string, map[string]any) error { return nil }

// errUnreadable means that this release of the subscriber cannot read the event, so the account is parked.
var errUnreadable = errors.New("unreadable")

type event struct {
	sequence int64
	kind     string
	version  int
	// The hash of the event, and the hash of the account's previous event.
	hash, previous string
	data           map[string]any
}

// isForked returns whether an event belongs to another history than the applied ones, because auth was restored.
func isForked(position Position, read event) bool {
	if position.Hash == "" || read.hash == "" {
		return false
	}
	if read.sequence == position.Sequence {
		return read.hash != position.Hash
	}
	return read.sequence == position.Sequence+1 && read.previous != position.Hash
}

func readEvent(record Record) (event, error) {
	headers := record.Headers
	schema := strings.Split(headers["ce_dataschema"], ":")
	if len(schema) != 5 || schema[3] != headers["ce_type"] || !hasOwnKey(record) || record.Value == nil {
		return event{}, fmt.Errorf("%w: the headers contradict each other", errUnreadable)
	}
	sequence, notNumber := strconv.ParseInt(headers["ce_sequence"], 10, 64)
	version, notVersion := strconv.Atoi(schema[4])
	read := event{sequence: sequence, kind: headers["ce_type"], version: version, hash: headers["ce_hash"], previous: headers["ce_previoushash"]}
	notObject := json.Unmarshal([]byte(*record.Value), &read.data)
	if err := errors.Join(notNumber, notVersion, notObject); err != nil || read.data == nil {
		return event{}, fmt.Errorf("%w: %v", errUnreadable, err)
	}
	return read, nil
}

type subscriber struct {
	db   *bbolt.DB
	keys *Keys
	// readAgain passes the records between two offsets of a partition to `each`, until `each` returns false.
	readAgain func(partition int32, first, end int64, each func(Record) (bool, error)) error
	handled   func(account string, sequence int64)
	// confirm sends the receipt of an erasure.
	confirm func(account string, sequence int64) error
}

func newSubscriber(db *bbolt.DB, keys *Keys) (*subscriber, error) {
	err := db.Update(func(tx *bbolt.Tx) error {
		_, noAccounts := tx.CreateBucketIfNotExists(accounts)
		_, noPositions := tx.CreateBucketIfNotExists(positions)
		return errors.Join(noAccounts, noPositions)
	})
	return &subscriber{db: db, keys: keys}, err
}

var keyForm = regexp.MustCompile(`^([0-9a-fA-F-]{36})(/[1-9][0-9]{0,9})?$`)

// accountOf returns the account in the key of a record. The key is <account>/<sequence>, or <account> if release 0.1
// wrote it. For any other key it returns an empty string.
func accountOf(record Record) string {
	if record.Key == nil {
		return ""
	}
	parts := keyForm.FindStringSubmatch(*record.Key)
	if parts == nil {
		return ""
	}
	return parts[1]
}

// hasOwnKey returns whether the key of a record names the record's own event. A record with the key of another event is
// harmful even if it is genuine: on a compacted topic it removes that other event.
func hasOwnKey(record Record) bool {
	subject := record.Headers["ce_subject"]
	sequence, err := strconv.ParseUint(record.Headers["ce_sequence"], 10, 64)
	if err != nil || record.Key == nil {
		return false
	}
	return *record.Key == subject || *record.Key == fmt.Sprintf("%s/%d", subject, sequence)
}

// take applies a record, or parks the account. It returns an error only if the store fails, if the keys of auth cannot be
// fetched, or if the receipt of an erasure cannot be sent. The record must then be delivered again.
func (s *subscriber) take(record Record) error {
	account := accountOf(record)
	if account == "" {
		// The record is a heartbeat of auth, or its key names no account.
		return nil
	}
	if forged, err := s.isForged(record); forged || err != nil {
		return err
	}
	position, err := s.position(account)
	if err != nil {
		return err
	}
	switch position.Parked {
	case "gap":
		return s.fillGap(record, position)
	case "":
		_, err = s.apply(record, position, Position{})
	}
	return err
}

// isForged returns whether a record was not published by auth. A forged record is ignored; an operator should be
// alerted.
func (s *subscriber) isForged(record Record) (bool, error) {
	if s.keys == nil {
		return false, nil
	}
	err := s.keys.verify(record)
	if errors.Is(err, errKeysUnavailable) {
		return false, err
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "a record does not come from auth, at %d/%d: %v\n", record.Partition, record.Offset, err)
	}
	return err != nil, nil
}

// apply applies the account's next event. It stores the event's effect and the position in one transaction. It returns
// false if the account is parked. The mark of a parked account is kept until all events that were held back are
// applied.
func (s *subscriber) apply(record Record, position, mark Position) (bool, error) {
	account := accountOf(record)
	read, err := readEvent(record)
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", account, err)
		return false, s.park(record, position, "unreadable")
	}
	if isForked(position, read) {
		return false, s.park(record, position, "forked")
	}
	if read.sequence <= position.Sequence {
		return true, nil
	}
	if read.sequence != position.Sequence+1 {
		return false, s.park(record, position, "gap")
	}
	known, isHandled := handlers[read.kind]
	if isHandled && read.version != known.version {
		fmt.Fprintf(os.Stderr, "%s: version %d of %s\n", account, read.version, read.kind)
		return false, s.park(record, position, "unreadable")
	}
	if read.kind == "AccountErased" {
		if err := s.erase(account, read.sequence); err != nil {
			return false, err
		}
	}
	mark.Sequence, mark.Hash = read.sequence, read.hash
	err = s.db.Update(func(tx *bbolt.Tx) error {
		if isHandled {
			if err := known.apply(tx, account, read.data); err != nil {
				return err
			}
		}
		return put(tx, positions, account, mark)
	})
	if err == nil && isHandled {
		s.handled(account, read.sequence)
	}
	return err == nil, err
}

// erase deletes the data about an account, and then sends the receipt. The position is stored later, so that a receipt
// that could not be sent is sent when the event is delivered again.
func (s *subscriber) erase(account string, sequence int64) error {
	err := s.db.Update(func(tx *bbolt.Tx) error { return accountDeleted(tx, account, nil) })
	if err != nil {
		return err
	}
	return s.confirm(account, sequence)
}

// fillGap resumes a parked account if the record is the missing event. It applies this event, and then the events that
// were held back since. If the process ended before it had applied all of them, the missing event is applied already.
func (s *subscriber) fillGap(record Record, parked Position) error {
	read, err := readEvent(record)
	if err != nil || read.sequence > parked.Sequence+1 {
		return nil
	}
	if applied, err := s.apply(record, parked, parked); err != nil || !applied {
		return err
	}
	isOver := true
	err = s.readAgain(parked.Partition, parked.Offset, record.Offset, func(later Record) (bool, error) {
		if accountOf(later) != accountOf(record) {
			return true, nil
		}
		if forged, err := s.isForged(later); forged || err != nil {
			return forged, err
		}
		reached, err := s.position(accountOf(record))
		if err != nil {
			return false, err
		}
		isOver, err = s.apply(later, reached, parked)
		return isOver, err
	})
	if err != nil || !isOver {
		return err
	}
	reached, err := s.position(accountOf(record))
	if err != nil {
		return err
	}
	return s.save(accountOf(record), Position{Sequence: reached.Sequence, Hash: reached.Hash})
}

// park marks an account as parked, so that its further events are held back. An operator should be alerted, unless the
// reason is a gap: the account resumes when the missing event arrives.
func (s *subscriber) park(record Record, position Position, reason string) error {
	position.Parked, position.Partition, position.Offset = reason, record.Partition, record.Offset
	return s.save(accountOf(record), position)
}

func (s *subscriber) save(account string, position Position) error {
	return s.db.Update(func(tx *bbolt.Tx) error { return put(tx, positions, account, position) })
}

func (s *subscriber) position(account string) (position Position, err error) {
	err = s.db.View(func(tx *bbolt.Tx) error { return get(tx, positions, account, &position) })
	return position, err
}

// eachPosition passes each account that the subscriber has read about to `each`, and the data that is stored about it,
// which is empty if the account was deleted.
func (s *subscriber) eachPosition(each func(id string, position Position, stored Account)) error {
	return s.db.View(func(tx *bbolt.Tx) error {
		return tx.Bucket(positions).ForEach(func(id, text []byte) error {
			var position Position
			var stored Account
			if err := errors.Join(json.Unmarshal(text, &position), get(tx, accounts, string(id), &stored)); err != nil {
				return err
			}
			each(string(id), position, stored)
			return nil
		})
	})
}

func put(tx *bbolt.Tx, bucket []byte, key string, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return tx.Bucket(bucket).Put([]byte(key), text)
}

// get decodes a row into `value`, and leaves `value` unchanged if there is no such row.
func get(tx *bbolt.Tx, bucket []byte, key string, value any) error {
	text := tx.Bucket(bucket).Get([]byte(key))
	if text == nil {
		return nil
	}
	return json.Unmarshal(text, value)
}
