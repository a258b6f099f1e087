import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Checks that auth has published a record (docs/events.md#where-an-event-comes-from). */
final class Signatures {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
  /** The X.509 encoding of an Ed25519 key consists of this prefix and the 32 bytes of the key (RFC 8410). */
  private static final byte[] ED25519 = {0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0};

  /**
   * The minimum time between two fetches that an unknown key id causes. Anybody who can write to the topic can make up
   * key ids. So a new key must be published at least this long before auth signs with it.
   */
  private static final Duration FETCH_INTERVAL = Duration.ofSeconds(10);

  private final String url;
  private Map<String, PublicKey> keys;
  /** The time from which an unknown key id may cause a fetch, on the clock of {@link System#nanoTime}. */
  private long nextFetch = System.nanoTime();

  /**
   * Thrown if the keys of auth cannot be fetched, so that a record cannot be verified now. Read the record again later.
   */
  static final class KeysUnavailable extends RuntimeException {
    KeysUnavailable(String url, Exception cause) {
      super("the keys of auth cannot be fetched from " + url, cause);
    }
  }

  /**
   * Fetches the public keys of auth (JWKS).
   *
   * @throws KeysUnavailable if the keys cannot be fetched
   */
  Signatures(String url) {
    this.url = url;
    keys = fetchKeys(url);
  }

  /**
   * Returns the key with this id, or null if auth has no such key. An unknown id causes another fetch, because auth may
   * have a new key.
   */
  private PublicKey find(String kid) {
    if (!keys.containsKey(kid) && System.nanoTime() - nextFetch >= 0) {
      keys = fetchKeys(url);
      nextFetch = System.nanoTime() + FETCH_INTERVAL.toNanos();
    }
    return keys.get(kid);
  }

  private static Map<String, PublicKey> fetchKeys(String url) {
    try {
      return parseKeys(url);
    } catch (Exception failed) {
      throw new KeysUnavailable(url, failed);
    }
  }

  private static Map<String, PublicKey> parseKeys(String url) throws Exception {
    var request = HttpRequest.newBuilder(URI.create(url)).timeout(Duration.ofSeconds(10)).build();
    var answer = HttpClient.newHttpClient().send(request, BodyHandlers.ofString());
    if (answer.statusCode() != 200) throw new IllegalStateException(url + " answered " + answer.statusCode());
    var keys = new HashMap<String, PublicKey>();
    for (JsonNode key : JSON.readTree(answer.body()).path("keys")) {
      if (!"Ed25519".equals(key.path("crv").asText())) continue;
      byte[] x = bytesOf(key.path("x").asText());
      byte[] encoded = new byte[ED25519.length + x.length];
      System.arraycopy(ED25519, 0, encoded, 0, ED25519.length);
      System.arraycopy(x, 0, encoded, ED25519.length, x.length);
      var spec = new X509EncodedKeySpec(encoded);
      keys.put(key.path("kid").asText(), KeyFactory.getInstance("Ed25519").generatePublic(spec));
    }
    return keys;
  }

  /**
   * Returns the reason why a record is forged, or null if auth has published it.
   *
   * @throws KeysUnavailable if the key cannot be fetched now
   */
  String faultOf(Subscriber.Event event) {
    try {
      return event.hasOwnKey() ? findFault(event.value(), event.headers()) : "it has the key of another event";
    } catch (KeysUnavailable unavailable) {
      throw unavailable;
    } catch (Exception unreadable) {
      return unreadable.toString();
    }
  }

  private String findFault(String value, Map<String, String> headers) throws Exception {
    var data = (ObjectNode) JSON.readTree(value);
    var covered = JSON.createObjectNode();
    covered.put("id", headers.get("ce_id"));
    covered.put("type", headers.get("ce_type"));
    covered.put("schema", headers.get("ce_dataschema"));
    covered.put("subject", headers.get("ce_subject"));
    covered.put("time", headers.get("ce_time"));
    covered.put("sequence", Long.parseLong(headers.get("ce_sequence")));
    covered.put("previous", headers.get("ce_previoushash"));
    if (data.has("person")) {
      JsonNode person = data.remove("person");
      covered.put("person", headers.get("ce_persondigest"));
      if (!person.isNull()) {
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(bytesOf(headers.get("ce_personsalt")), "HmacSHA256"));
        if (!textOf(mac.doFinal(canonical(person))).equals(headers.get("ce_persondigest"))) return "another person";
      }
    }
    covered.set("data", data);
    String hash = textOf(MessageDigest.getInstance("SHA-256").digest(canonical(covered)));
    if (!hash.equals(headers.get("ce_hash"))) return "another content";
    String proof = headers.getOrDefault("ce_signature", "");
    int dot = Math.max(proof.lastIndexOf('.'), 0);
    PublicKey by = find(proof.substring(0, dot));
    if (by == null) return "no signature by a key of auth";
    Signature signature = Signature.getInstance("Ed25519");
    signature.initVerify(by);
    signature.update(("latchkey-event:" + hash).getBytes(StandardCharsets.UTF_8));
    return signature.verify(bytesOf(proof.substring(dot + 1))) ? null : "the signature is wrong";
  }

  /** Appends canonical JSON (RFC 8785). Supports only what events contain: ASCII property names, and no fractions. */
  private static byte[] canonical(JsonNode value) {
    var text = new StringBuilder();
    write(value, text);
    return text.toString().getBytes(StandardCharsets.UTF_8);
  }

  private static void write(JsonNode value, StringBuilder text) {
    if (value.isObject()) {
      var sorted = new TreeMap<String, JsonNode>();
      value.fields().forEachRemaining(field -> sorted.put(field.getKey(), field.getValue()));
      text.append('{');
      sorted.forEach((name, member) -> {
        if (text.charAt(text.length() - 1) != '{') text.append(',');
        writeText(name, text);
        text.append(':');
        write(member, text);
      });
      text.append('}');
    } else if (value.isArray()) {
      text.append('[');
      for (int at = 0; at < value.size(); at++) {
        if (at > 0) text.append(',');
        write(value.get(at), text);
      }
      text.append(']');
    } else if (value.isTextual()) {
      writeText(value.textValue(), text);
    } else {
      text.append(value.asText());
    }
  }

  private static void writeText(String value, StringBuilder text) {
    text.append('"');
    for (char each : value.toCharArray()) {
      int at = "\"\\\b\f\n\r\t".indexOf(each);
      if (at >= 0) text.append('\\').append("\"\\bfnrt".charAt(at));
      else if (each < 0x20) text.append(String.format("\\u%04x", (int) each));
      else text.append(each);
    }
    text.append('"');
  }

  private static byte[] bytesOf(String text) {
    return Base64.getUrlDecoder().decode(text);
  }

  private static String textOf(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }
}
