import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Subscribes to the events of accounts.
 *
 * <pre>
 * mvn -q compile
 * KAFKA_BROKERS=localhost:19092 JWKS_URL=http://localhost:8080/.well-known/jwks.json java -cp 'target/classes:target/lib/*' Main accounts.db
 * </pre>
 *
 * With --stdin it reads records as JSON lines instead, for the conformance kit (libs/events/conformance).
 */
public final class Main {
  private static final String TOPIC = "accounts.events.v1";
  private static final String RECEIPTS = "erasures.receipts.v1";
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final PrintStream OUT = new PrintStream(System.out, true, StandardCharsets.UTF_8);

  private record Line(String key, String value, Map<String, String> headers) {}

  public static void main(String[] arguments) throws Exception {
    if (arguments.length != 1) throw new IllegalArgumentException("usage: Main --stdin | Main <file of the store>");
    String url = System.getenv("JWKS_URL");
    Signatures signatures = url == null ? null : new Signatures(url);
    boolean isStdin = arguments[0].equals("--stdin");
    try (var db = DriverManager.getConnection("jdbc:sqlite:" + (isStdin ? ":memory:" : arguments[0]))) {
      if (isStdin) fromStdin(db, signatures);
      else if (signatures != null) fromKafka(db, signatures);
      else throw new IllegalArgumentException("set JWKS_URL: where auth publishes the keys that it signs events with");
    }
  }

  /** Handles the records on stdin. Prints one line per handled event, and then one line per account. */
  private static void fromStdin(Connection db, Signatures signatures) throws Exception {
    var records = new ArrayList<Subscriber.Event>();
    var input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String text = input.readLine(); text != null; text = input.readLine()) {
      Line line = JSON.readValue(text, Line.class);
      records.add(new Subscriber.Event(line.key(), line.value(), line.headers(), 0, records.size()));
    }
    Subscriber.Log log = (partition, first, end, each) -> {
      for (long at = first; at < end && each.test(records.get((int) at)); at++) {}
    };
    Subscriber.Listener printing = (account, sequence) ->
        OUT.printf("{\"handled\": \"%s\", \"sequence\": %d}%n", account, sequence);
    var subscriber = new Subscriber(db, signatures, log, printing, (account, sequence) -> {});
    for (var record : records) subscriber.take(record);
    String query = "SELECT account, sequence, parked, username FROM positions LEFT JOIN accounts ON id = account";
    try (var rows = db.createStatement().executeQuery(query)) {
      while (rows.next()) {
        ObjectNode line = JSON.createObjectNode();
        line.put("account", rows.getString("account")).put("sequence", rows.getLong("sequence"));
        line.put("parked", rows.getString("parked")).put("username", rows.getString("username"));
        OUT.println(line);
      }
    }
  }

  private static void fromKafka(Connection db, Signatures signatures) throws Exception {
    String group = System.getenv().getOrDefault("KAFKA_GROUP", "java-subscriber");
    var producer = producer();
    Subscriber.Listener printing = (account, sequence) -> OUT.println(account + " " + sequence);
    var subscriber = new Subscriber(db, signatures, Main::readAgain, printing, (account, sequence) ->
        confirm(producer, group, account, sequence));
    var consumer = consumer(Map.of("group.id", group, "auto.offset.reset", "earliest"));
    Thread main = Thread.currentThread();
    Runtime.getRuntime().addShutdownHook(new Thread(() -> {
      consumer.wakeup();
      try {
        main.join();
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
      }
    }));
    try (producer; consumer) {
      consumer.subscribe(List.of(TOPIC));
      while (true) {
        for (var record : consumer.poll(Duration.ofSeconds(1))) subscriber.take(eventOf(record));
        // The commit of offsets may be lost without harm: redelivered events are recognised by their sequence and
        // skipped.
        consumer.commitAsync();
      }
    } catch (WakeupException stopping) {
      // A signal has stopped the consumer.
    }
  }

  /** Publishes the receipt of an erasure. @throws KafkaException if the receipt may not have been written */
  private static void confirm(KafkaProducer<byte[], byte[]> producer, String group, String account, long sequence) {
    ObjectNode receipt = JSON.createObjectNode();
    receipt.put("userId", account).put("consumer", group).put("sequence", sequence);
    receipt.put("confirmedAt", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
    byte[] key = account.getBytes(StandardCharsets.UTF_8);
    byte[] value = receipt.toString().getBytes(StandardCharsets.UTF_8);
    try {
      producer.send(new ProducerRecord<>(RECEIPTS, key, value)).get();
    } catch (InterruptedException | ExecutionException failed) {
      throw new KafkaException("the receipt of an erasure was not written", failed);
    }
  }

  private static void readAgain(int partition, long first, long end, Predicate<Subscriber.Event> each) {
    var at = new TopicPartition(TOPIC, partition);
    try (var consumer = consumer(Map.of())) {
      consumer.assign(List.of(at));
      consumer.seek(at, first);
      while (true) {
        for (var record : consumer.poll(Duration.ofSeconds(1)))
          if (record.offset() >= end || !each.test(eventOf(record))) return;
      }
    }
  }

  private static KafkaConsumer<byte[], byte[]> consumer(Map<String, Object> more) {
    var settings = new HashMap<String, Object>(more);
    settings.put("bootstrap.servers", System.getenv("KAFKA_BROKERS"));
    settings.put("enable.auto.commit", false);
    return new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  private static KafkaProducer<byte[], byte[]> producer() {
    Map<String, Object> settings = Map.of("bootstrap.servers", System.getenv("KAFKA_BROKERS"));
    return new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
  }

  private static Subscriber.Event eventOf(ConsumerRecord<byte[], byte[]> record) {
    var headers = new HashMap<String, String>();
    for (var header : record.headers()) headers.put(header.key(), textOf(header.value()));
    return new Subscriber.Event(textOf(record.key()), textOf(record.value()), headers, record.partition(), record.offset());
  }

  private static String textOf(byte[] bytes) {
    return bytes == null ? null : new String(bytes, StandardCharsets.UTF_8);
  }
}
