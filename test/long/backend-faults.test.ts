import { everyFault, testBackendFaults } from "../helpers/backend-faults.ts";

testBackendFaults(everyFault);
