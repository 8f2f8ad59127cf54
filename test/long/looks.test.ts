import { everyViewIsSound, OTHER_DRESSES, withThreeGpus } from "../helpers/every-view.ts";

everyViewIsSound(OTHER_DRESSES, withThreeGpus());
