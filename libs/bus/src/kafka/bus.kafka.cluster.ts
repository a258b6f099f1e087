import { busContract } from '../bus.contract.ts';
import { logTailContract } from '../tail.contract.ts';
import { openKafkaTestBus } from './testing/test-bus.ts';

busContract('Kafka', () => openKafkaTestBus());
logTailContract('Kafka', () => openKafkaTestBus());
