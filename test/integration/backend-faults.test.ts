import { everySecondFault, someFaults, testBackendFaults } from "../helpers/backend-faults.ts";

testBackendFaults(someFaults, everySecondFault);
