import { busContract } from '../bus.contract.ts';
import { tailContract } from '../tail.contract.ts';
import { openTestBus } from './testing/test-bus.ts';

busContract('Kafka', () => openTestBus());
tailContract('Kafka', () => openTestBus());
