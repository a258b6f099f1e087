import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;
import java.util.function.Predicate;

/**
 * Applies each event once, in order per account, and parks an account at an event that it cannot apply.
 *
 * <p>Not safe for use by several threads.
 */
final class Subscriber {
  /** A record of the topic in text form. The key and the value may be null. */
  record Event(String key, String value, Map<String, String> headers, int partition, long offset) {
    /**
     * Returns the account in the key, which is {@code <account>/<sequence>}, or {@code <account>} if release 0.1 wrote
     * it. Returns null for any other key.
     */
    String account() {
      return key != null && key.matches("[0-9a-fA-F-]{36}(/[1-9][0-9]{0,9})?") ? key.split("/")[0] : null;
    }

    /**
     * Returns whether the key names the record's own event. A record with the key of another event is harmful even if
     * it is genuine: on a compacted topic it removes that other event.
     *
     * @throws NumberFormatException if the record has no sequence
     */
    boolean hasOwnKey() {
      String subject = headers.get("ce_subject");
      long sequence = Long.parseLong(headers.getOrDefault("ce_sequence", ""));
      return key.equals(subject) || key.equals(subject + "/" + sequence);
    }
  }

  /**
   * The sequence and the hash of an account's last applied event; the hash is null if it is unknown. `parked` is the
   * reason if the account is parked, otherwise null.
   */
  record Position(long sequence, String hash, String parked, int partition, long offset) {
    /** Returns whether an event belongs to another history than the applied ones, because auth was restored. */
    boolean isForkedBy(Content content) {
      if (hash == null || content.hash() == null) return false;
      if (content.sequence() == sequence) return !hash.equals(content.hash());
      return content.sequence() == sequence + 1 && !hash.equals(content.previous());
    }

    Position parkedAt(Event event, String reason) {
      return new Position(sequence, hash, reason, event.partition(), event.offset());
    }

    /** Returns this position after an event, with the mark of a parked account or without any. */
    Position after(Content content) {
      return new Position(content.sequence(), content.hash(), parked, partition, offset);
    }

    Position unparked() {
      return new Position(sequence, hash, null, 0, 0);
    }
  }

  /**
   * Reads the log again: passes the records between two offsets of a partition to `each`, until `each` returns false.
   */
  interface Log {
    void read(int partition, long first, long end, Predicate<Event> each);
  }

  interface Listener {
    void handled(String account, long sequence);
  }

  interface Receipts {
    /** Sends the receipt of an erasure. @throws RuntimeException if the receipt may not have been sent */
    void confirm(String account, long sequence);
  }

  private interface Handler {
    void apply(Subscriber on, String account, JsonNode data) throws SQLException;
  }

  private record Known(int version, Handler handler) {}

  /** An event. `hash` is null if the event has none, `previous` on the first event of an account. */
  record Content(long sequence, String type, int version, String hash, String previous, JsonNode data) {}

  private static final class Unreadable extends Exception {
    Unreadable(String message) {
      super(message);
    }
  }

  /**
   * The types of events that have an effect, each with the supported version. Events of other types only advance the
   * position.
   */
  private static final Map<String, Known> HANDLERS =
      Map.of(
          "UserRegistered", new Known(1, Subscriber::userRegistered),
          "AccountVerified", new Known(1, Subscriber::accountVerified),
          // The event only advances the position: access tokens whose `seq` is lower than the stored sequence are
          // invalid.
          "SessionsRevoked", new Known(1, (on, account, data) -> {}),
          "RegistrationEnded", new Known(1, Subscriber::accountDeleted),
          "AccountErased", new Known(1, Subscriber::accountDeleted));

  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private final Connection db;
  private final Signatures signatures;
  private final Log log;
  private final Listener listener;
  private final Receipts receipts;

  /** Creates a subscriber. @param signatures verifies records; null to accept unverified records */
  Subscriber(Connection db, Signatures signatures, Log log, Listener listener, Receipts receipts) throws SQLException {
    this.db = db;
    this.signatures = signatures;
    this.log = log;
    this.listener = listener;
    this.receipts = receipts;
    db.setAutoCommit(true);
    run("CREATE TABLE IF NOT EXISTS accounts (id TEXT PRIMARY KEY, username TEXT, verified INTEGER NOT NULL)");
    run("CREATE TABLE IF NOT EXISTS positions (account TEXT PRIMARY KEY, sequence INTEGER NOT NULL, hash TEXT,"
        + " parked TEXT, partition INTEGER NOT NULL, parked_offset INTEGER NOT NULL)");
    db.setAutoCommit(false);
  }

  private void userRegistered(String account, JsonNode data) throws SQLException {
    String username = data.path("person").path("username").asText(null);
    run("INSERT OR REPLACE INTO accounts (id, username, verified) VALUES (?, ?, 0)", account, username);
  }

  private void accountVerified(String account, JsonNode data) throws SQLException {
    run("UPDATE accounts SET verified = 1 WHERE id = ?", account);
  }

  /** The position remains, so that a duplicate of an earlier event does not create the account again. */
  private void accountDeleted(String account, JsonNode data) throws SQLException {
    run("DELETE FROM accounts WHERE id = ?", account);
  }

  /**
   * Applies a record, or parks the account. If this method throws, the record must be delivered again.
   *
   * @throws SQLException if the store fails
   * @throws RuntimeException if the receipt of an erasure cannot be sent
   */
  void take(Event event) throws SQLException {
    // The record is a heartbeat of auth, or its key names no account.
    if (event.account() == null) return;
    if (isForged(event)) return;
    Position position = position(event.account());
    if ("gap".equals(position.parked())) fillGap(event, position);
    else if (position.parked() == null) apply(event, position, position);
  }

  /** Returns whether a record was not published by auth. A forged record is ignored; an operator should be alerted. */
  private boolean isForged(Event event) {
    String fault = signatures == null ? null : signatures.faultOf(event);
    if (fault != null)
      System.err.printf("a record does not come from auth, at %d/%d: %s%n", event.partition(), event.offset(), fault);
    return fault != null;
  }

  /**
   * Applies the account's next event. Stores the event's effect and the position in one transaction.
   *
   * <p>The receipt of an erasure is sent once the data is deleted, and before the position is stored, so that a receipt
   * that could not be sent is sent when the event is delivered again.
   *
   * @param mark a position with the mark of a parked account, which is kept until all events that were held back are
   * applied
   * @return false if the account is parked
   */
  private boolean apply(Event event, Position position, Position mark) throws SQLException {
    String account = event.account();
    Content content;
    Known known;
    try {
      content = read(event);
      if (position.isForkedBy(content)) return park(event, position, "forked");
      if (content.sequence() <= position.sequence()) return true;
      if (content.sequence() != position.sequence() + 1) return park(event, position, "gap");
      known = HANDLERS.get(content.type());
      if (known != null && known.version() != content.version())
        throw new Unreadable("version " + content.version() + " of " + content.type());
    } catch (Unreadable unreadable) {
      System.err.println(account + ": " + unreadable.getMessage());
      return park(event, position, "unreadable");
    }
    try {
      if (known != null) known.handler().apply(this, account, content.data());
      if (content.type().equals("AccountErased")) {
        db.commit();
        receipts.confirm(account, content.sequence());
      }
      save(account, mark.after(content));
      db.commit();
    } catch (SQLException failed) {
      db.rollback();
      throw failed;
    }
    if (known != null) listener.handled(account, content.sequence());
    return true;
  }

  private static Content read(Event event) throws Unreadable {
    Map<String, String> headers = event.headers();
    String[] schema = headers.getOrDefault("ce_dataschema", "").split(":");
    try {
      if (schema.length != 5
          || !schema[3].equals(headers.get("ce_type"))
          || !event.hasOwnKey()
          || event.value() == null) throw new Unreadable("the headers contradict each other");
      JsonNode data = JSON.readTree(event.value());
      if (!data.isObject()) throw new Unreadable("the data is no object");
      long sequence = Long.parseLong(headers.getOrDefault("ce_sequence", ""));
      return new Content(
          sequence, schema[3], Integer.parseInt(schema[4]), headers.get("ce_hash"), headers.get("ce_previoushash"), data);
    } catch (JsonProcessingException | NumberFormatException unreadable) {
      throw new Unreadable("the data or the sequence cannot be read");
    }
  }

  /**
   * Resumes a parked account if the record is the missing event: applies this event, and then the events that were held
   * back since. If the process ended before it had applied all of them, the missing event is applied already.
   */
  private void fillGap(Event event, Position mark) throws SQLException {
    String account = event.account();
    try {
      if (read(event).sequence() > mark.sequence() + 1) return;
    } catch (Unreadable unreadable) {
      return;
    }
    if (!apply(event, mark, mark)) return;
    boolean[] isOver = {true};
    SQLException[] failed = {null};
    log.read(mark.partition(), mark.offset(), event.offset(), later -> {
      if (!account.equals(later.account()) || isForged(later)) return true;
      try {
        isOver[0] = apply(later, position(account), mark);
      } catch (SQLException exception) {
        failed[0] = exception;
      }
      return isOver[0] && failed[0] == null;
    });
    if (failed[0] != null) throw failed[0];
    if (!isOver[0]) return;
    save(account, position(account).unparked());
    db.commit();
  }

  /**
   * Parks an account, so that its further events are held back. An operator should be alerted, unless the reason is a
   * gap: the account resumes when the missing event arrives. @return false
   */
  private boolean park(Event event, Position position, String reason) throws SQLException {
    save(event.account(), position.parkedAt(event, reason));
    db.commit();
    return false;
  }

  private void save(String account, Position position) throws SQLException {
    run("INSERT OR REPLACE INTO positions VALUES (?, ?, ?, ?, ?, ?)",
        account, position.sequence(), position.hash(), position.parked(), position.partition(), position.offset());
  }

  private Position position(String account) throws SQLException {
    try (var query = db.prepareStatement("SELECT * FROM positions WHERE account = ?")) {
      query.setString(1, account);
      var row = query.executeQuery();
      if (!row.next()) return new Position(0, null, null, 0, 0);
      return new Position(row.getLong("sequence"), row.getString("hash"), row.getString("parked"), row.getInt("partition"), row.getLong("parked_offset"));
    }
  }

  private void run(String sql, Object... values) throws SQLException {
    try (var statement = db.prepareStatement(sql)) {
      for (int at = 0; at < values.length; at++) statement.setObject(at + 1, values[at]);
      statement.executeUpdate();
    }
  }
}
