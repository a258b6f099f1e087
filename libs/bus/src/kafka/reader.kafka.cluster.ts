import { readerContract } from '../reader.contract.ts';
import { createKafkaReader } from './reader.kafka.ts';
import { kafkaConnectionForTests, openTestBus, silentLogger } from './testing/test-bus.ts';

readerContract('Kafka', async () => {
  const { bus, close } = await openTestBus();
  return { bus, reader: createKafkaReader({ ...kafkaConnectionForTests, logger: silentLogger }), close };
});
