package main

import (
	"context"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// fetchInterval is the minimum time between two fetches that an unknown key id causes. Anybody who can write to the
// topic can make up key ids. So a new key must be published at least this long before auth signs with it.
const fetchInterval = 10 * time.Second

// Keys are auth's public keys for event signatures. An unknown key id causes another fetch, because auth may have a new
// key.
type Keys struct {
	url       string
	byID      map[string]ed25519.PublicKey
	nextFetch time.Time
}

// errKeysUnavailable means that the keys of auth cannot be fetched, so the record cannot be verified now. Read the
// record again later.
var errKeysUnavailable = errors.New("the keys of auth cannot be fetched")

// loadKeys fetches the public keys of auth (JWKS). It returns nil if the URL is empty.
func loadKeys(ctx context.Context, url string) (*Keys, error) {
	if url == "" {
		return nil, nil
	}
	byID, err := fetchKeys(ctx, url)
	return &Keys{url: url, byID: byID}, err
}

// find returns the key with this id, or nil if auth has no such key.
func (keys *Keys) find(kid string) (ed25519.PublicKey, error) {
	if key := keys.byID[kid]; key != nil || time.Now().Before(keys.nextFetch) {
		return key, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	byID, err := fetchKeys(ctx, keys.url)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errKeysUnavailable, err)
	}
	keys.byID, keys.nextFetch = byID, time.Now().Add(fetchInterval)
	return byID[kid], nil
}

// fetchKeys returns the keys of a JWKS document by their key ids.
func fetchKeys(ctx context.Context, url string) (map[string]ed25519.PublicKey, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answered %s", url, answer.Status)
	}
	var jwks struct {
		Keys []struct{ Kid, Crv, X string } `json:"keys"`
	}
	if err := json.NewDecoder(answer.Body).Decode(&jwks); err != nil {
		return nil, err
	}
	keys := map[string]ed25519.PublicKey{}
	for _, key := range jwks.Keys {
		if x, err := bytesOf(key.X); key.Crv == "Ed25519" && err == nil && len(x) == ed25519.PublicKeySize {
			keys[key.Kid] = x
		}
	}
	return keys, nil
}

// verify checks that auth has published this record (docs/events.md#where-an-event-comes-from). It returns
// errKeysUnavailable if the key cannot be fetched now.
func (keys *Keys) verify(record Record) error {
	headers := record.Headers
	if record.Value == nil || !hasOwnKey(record) {
		return errors.New("it has no value, or the key of another event")
	}
	decoder := json.NewDecoder(strings.NewReader(*record.Value))
	decoder.UseNumber()
	var data map[string]any
	if err := decoder.Decode(&data); err != nil {
		return err
	}
	if _, err := decoder.Token(); err != io.EOF {
		return errors.New("something follows the data")
	}
	covered := map[string]any{"data": data, "previous": nil,
		"sequence": json.Number(strings.TrimLeft(headers["ce_sequence"], "0"))}
	for name, header := range map[string]string{"id": "ce_id", "type": "ce_type", "schema": "ce_dataschema",
		"subject": "ce_subject", "time": "ce_time", "previous": "ce_previoushash"} {
		if text, isThere := headers[header]; isThere {
			covered[name] = text
		}
	}
	if person, isThere := data["person"]; isThere {
		delete(data, "person")
		covered["person"] = nil
		if digest, isThere := headers["ce_persondigest"]; isThere {
			covered["person"] = digest
		}
		if person != nil {
			salt, err := bytesOf(headers["ce_personsalt"])
			if err != nil {
				return err
			}
			digest := hmac.New(sha256.New, salt)
			digest.Write(canonical(nil, person))
			if encode(digest.Sum(nil)) != headers["ce_persondigest"] {
				return errors.New("another person")
			}
		}
	}
	hash := sha256.Sum256(canonical(nil, covered))
	if encode(hash[:]) != headers["ce_hash"] {
		return errors.New("another content")
	}
	proof := headers["ce_signature"]
	dot := max(strings.LastIndexByte(proof, '.'), 0)
	signature, err := bytesOf(strings.TrimPrefix(proof[dot:], "."))
	if err != nil {
		return err
	}
	key, err := keys.find(proof[:dot])
	if err != nil {
		return err
	}
	if key == nil || !ed25519.Verify(key, []byte("latchkey-event:"+headers["ce_hash"]), signature) {
		return errors.New("no signature by a key of auth")
	}
	return nil
}

// canonical appends the canonical JSON (RFC 8785) of a value. It supports only what events contain: ASCII property
// names, and no fractions.
func canonical(text []byte, value any) []byte {
	switch value := value.(type) {
	case map[string]any:
		names := make([]string, 0, len(value))
		for name := range value {
			names = append(names, name)
		}
		slices.Sort(names)
		text = append(text, '{')
		for at, name := range names {
			if at > 0 {
				text = append(text, ',')
			}
			text = canonical(append(canonicalText(text, name), ':'), value[name])
		}
		return append(text, '}')
	case []any:
		text = append(text, '[')
		for at, item := range value {
			if at > 0 {
				text = append(text, ',')
			}
			text = canonical(text, item)
		}
		return append(text, ']')
	case string:
		return canonicalText(text, value)
	case json.Number:
		return append(text, value...)
	case bool:
		return fmt.Append(text, value)
	default:
		return append(text, "null"...)
	}
}

func canonicalText(text []byte, value string) []byte {
	text = append(text, '"')
	for _, character := range value {
		if short := strings.IndexRune("\"\\\b\f\n\r\t", character); short >= 0 {
			text = append(text, '\\', "\"\\bfnrt"[short])
		} else if character < 0x20 {
			text = fmt.Appendf(text, `\u%04x`, character)
		} else {
			text = utf8.AppendRune(text, character)
		}
	}
	return append(text, '"')
}

func bytesOf(text string) ([]byte, error) { return base64.RawURLEncoding.DecodeString(text) }

func encode(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }
