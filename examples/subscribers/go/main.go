// Subscribes to the events of accounts. Applies each event once, in order per account, and parks an account at an event
// that it cannot apply.
//
//	go build -o subscriber . && KAFKA_BROKERS=localhost:19092 JWKS_URL=http://localhost:8080/.well-known/jwks.json ./subscriber accounts.db
//
// With --stdin, reads records as JSON lines instead, for the conformance kit (libs/events/conformance).
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"go.etcd.io/bbolt"
)

const (
	topic         = "accounts.events.v1"
	receiptsTopic = "erasures.receipts.v1"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "subscriber:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("usage: subscriber --stdin | subscriber <file of the store>")
	}
	keys, err := loadKeys(ctx, os.Getenv("JWKS_URL"))
	if err != nil {
		return err
	}
	if args[0] == "--stdin" {
		return fromStdin(keys)
	}
	if keys == nil {
		return fmt.Errorf("set JWKS_URL: where auth publishes the keys that it signs events with")
	}
	db, err := bbolt.Open(args[0], 0o600, nil)
	if err != nil {
		return err
	}
	defer db.Close()
	return fromKafka(ctx, db, keys)
}

// fromStdin handles the records on stdin. It prints one line per handled event, and then one line per account.
func fromStdin(keys *Keys) error {
	folder, err := os.MkdirTemp("", "subscriber")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	db, err := bbolt.Open(filepath.Join(folder, "accounts.db"), 0o600, &bbolt.Options{NoSync: true})
	if err != nil {
		return err
	}
	defer db.Close()
	var records []Record
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		record := Record{Offset: int64(len(records))}
		if err := json.Unmarshal(lines.Bytes(), &record); err != nil {
			return err
		}
		records = append(records, record)
	}
	out := json.NewEncoder(os.Stdout)
	subscriber, err := newSubscriber(db, keys)
	if err != nil {
		return err
	}
	subscriber.readAgain = func(_ int32, first, end int64, each func(Record) (bool, error)) error {
		for _, record := range records[first:end] {
			if more, err := each(record); err != nil || !more {
				return err
			}
		}
		return nil
	}
	subscriber.handled = func(account string, sequence int64) {
		out.Encode(map[string]any{"handled": account, "sequence": sequence})
	}
	subscriber.confirm = func(string, int64) error { return nil }
	for _, record := range records {
		if err := subscriber.take(record); err != nil {
			return err
		}
	}
	return subscriber.eachPosition(func(id string, position Position, stored Account) {
		out.Encode(map[string]any{"account": id, "sequence": position.Sequence,
			"parked": orNull(position.Parked), "username": orNull(stored.Username)})
	})
}

// orNull returns nil, which is null in JSON, for an empty string.
func orNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}

func fromKafka(ctx context.Context, db *bbolt.DB, keys *Keys) error {
	brokers := kgo.SeedBrokers(strings.Split(os.Getenv("KAFKA_BROKERS"), ",")...)
	group := os.Getenv("KAFKA_GROUP")
	if group == "" {
		group = "go-subscriber"
	}
	client, err := kgo.NewClient(brokers, kgo.ConsumerGroup(group), kgo.ConsumeTopics(topic),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.DisableAutoCommit(), kgo.BlockRebalanceOnPoll())
	if err != nil {
		return err
	}
	defer client.CloseAllowingRebalance()
	subscriber, err := newSubscriber(db, keys)
	if err != nil {
		return err
	}
	subscriber.readAgain = func(partition int32, first, end int64, each func(Record) (bool, error)) error {
		return readAgain(ctx, brokers, partition, first, end, each)
	}
	subscriber.handled = func(account string, sequence int64) { fmt.Println(account, sequence) }
	subscriber.confirm = func(account string, sequence int64) error {
		return confirm(ctx, client, group, account, sequence)
	}
	for {
		fetches := client.PollFetches(ctx)
		if ctx.Err() != nil {
			return nil
		}
		fetches.EachError(func(_ string, partition int32, err error) {
			fmt.Fprintf(os.Stderr, "partition %d: %v\n", partition, err)
		})
		for _, record := range fetches.Records() {
			if err := subscriber.take(recordOf(record)); err != nil {
				return err
			}
		}
		// The commit of offsets may be lost without harm: redelivered events are recognised by their sequence and skipped.
		if err := client.CommitUncommittedOffsets(ctx); err != nil {
			fmt.Fprintln(os.Stderr, "the position was not committed:", err)
		}
		client.AllowRebalance()
	}
}

// confirm publishes the receipt of an erasure. It returns an error if the receipt may not have been written.
func confirm(ctx context.Context, client *kgo.Client, group, account string, sequence int64) error {
	receipt, err := json.Marshal(map[string]any{"userId": account, "consumer": group, "sequence": sequence,
		"confirmedAt": time.Now().UTC().Format(time.RFC3339)})
	if err != nil {
		return err
	}
	record := &kgo.Record{Topic: receiptsTopic, Key: []byte(account), Value: receipt}
	return client.ProduceSync(ctx, record).FirstErr()
}

// readAgain passes the records between two offsets of a partition to `each`, until `each` returns false.
func readAgain(ctx context.Context, brokers kgo.Opt, partition int32, first, end int64, each func(Record) (bool, error)) error {
	at := map[int32]kgo.Offset{partition: kgo.NewOffset().At(first)}
	client, err := kgo.NewClient(brokers, kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: at}))
	if err != nil {
		return err
	}
	defer client.Close()
	for {
		fetches := client.PollFetches(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		for _, record := range fetches.Records() {
			if record.Offset >= end {
				return nil
			}
			if more, err := each(recordOf(record)); err != nil || !more {
				return err
			}
		}
	}
}

func recordOf(record *kgo.Record) Record {
	headers := make(map[string]string, len(record.Headers))
	for _, header := range record.Headers {
		headers[header.Key] = string(header.Value)
	}
	return Record{Key: textOf(record.Key), Value: textOf(record.Value), Headers: headers,
		Partition: record.Partition, Offset: record.Offset}
}

func textOf(bytes []byte) *string {
	if bytes == nil {
		return nil
	}
	text := string(bytes)
	return &text
}
