import { readerContract } from '../reader.contract.ts';
import { createKafkaReader } from './reader.kafka.ts';
import { openTestBus, silentLogger, testConnection } from './testing/test-bus.ts';

readerContract('Kafka', async () => {
  const { bus, close } = await openTestBus();
  return { bus, reader: createKafkaReader({ ...testConnection, logger: silentLogger }), close };
});
