import { readerContract } from '../reader.contract.ts';
import { createKafkaReader } from './reader.kafka.ts';
import { connection, openTestBus, quiet } from './testing/test-bus.ts';

readerContract('Kafka', async () => {
  const { bus, close } = await openTestBus();
  return { bus, reader: createKafkaReader({ ...connection, logger: quiet }), close };
});
