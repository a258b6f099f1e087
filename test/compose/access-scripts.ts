/**
 * Scripts that run inside the container of a service. Each script tries one operation on Kafka or MongoDB
 * with the credentials of that service.
 */

/**
 * Prints `done`, or `denied` and the reason. Arguments: the credentials (`own`, `nobody` or `plaintext`), the operation
 * (`write`, `read` or `create`), the topic, and for `read` the consumer group.
 */
export const kafkaAccessScript = `
const { readFileSync } = require('node:fs');
const { Kafka, logLevel } = require('kafkajs');
const [login, operation, topic, groupId] = process.argv.slice(1);
const { KAFKA_BROKERS, KAFKA_SASL_USERNAME: username, KAFKA_SASL_PASSWORD_FILE: file } = process.env;
const logins = {
  own: () => ({ ssl: true, sasl: { mechanism: 'scram-sha-512', username, password: readFileSync(file, 'utf8').trim() } }),
  nobody: () => ({ ssl: true }),
  plaintext: () => ({}),
};
const kafka = new Kafka({
  brokers: KAFKA_BROKERS.split(','),
  logLevel: logLevel.NOTHING,
  retry: { retries: 0 },
  ...logins[login](),
});
const operations = {
  async write() {
    const producer = kafka.producer({ allowAutoTopicCreation: false });
    await producer.connect();
    await producer.send({ topic, messages: [{ key: 'x', value: 'forged' }] });
  },
  async read() {
    const consumer = kafka.consumer({ groupId, allowAutoTopicCreation: false });
    await consumer.connect();
    await consumer.subscribe({ topic });
    await new Promise((resolve, reject) => {
      consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
      // Wait for a fetch, because a member can join a group without the right to read the topic.
      consumer.on(consumer.events.FETCH, resolve);
      consumer.run({ eachMessage: async () => undefined }).catch(reject);
    });
  },
  async create() {
    const admin = kafka.admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic }] });
  },
};
function reasonsOf({ message, type, errors = [], cause }) {
  return [message, type, ...errors.map(reasonsOf), cause && reasonsOf(cause)].join(' ');
}
operations[operation]()
  .then(
    () => console.log('done'),
    (error) => console.log('denied', reasonsOf(error)),
  )
  .finally(() => process.exit());
`;

/**
 * Prints `done`, or `denied` and the reason. Arguments: the credentials (`own` or `nobody`), and the collection to
 * read.
 */
export const mongoAccessScript = `
const { readFileSync } = require('node:fs');
const mongoose = require('mongoose');
const [login, collection] = process.argv.slice(1);
const url = new URL(readFileSync(process.env.MONGO_URL_FILE, 'utf8').trim());
if (login === 'nobody') url.username = url.password = '';
mongoose
  .createConnection(url.href, { serverSelectionTimeoutMS: 5000 })
  .asPromise()
  .then((connection) => connection.collection(collection).findOne())
  .then(
    () => console.log('done'),
    (error) => console.log('denied', error.message),
  )
  .finally(() => process.exit());
`;
