import { logReaderContract } from '../reader.contract.ts';
import { createKafkaLogReader } from './reader.kafka.ts';
import { kafkaConnectionForTests, openKafkaTestBus, silentLogger } from './testing/test-bus.ts';

logReaderContract('Kafka', async () => {
  const { bus, close } = await openKafkaTestBus();
  return { bus, reader: createKafkaLogReader({ ...kafkaConnectionForTests, logger: silentLogger }), close };
});
