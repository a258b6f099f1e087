import { chooseRunCount } from '@latchkey/process/testing/test-cases';
import { openTemporaryStores } from '../storage/sqlite/stores.fixture.ts';
import { defineLastAdminContractTests } from './last-admin.contract.ts';

defineLastAdminContractTests('sqlite', openTemporaryStores, chooseRunCount({ some: 20, all: 50 }));
