import * as v from "valibot";
import { type Job, jobSchema } from "../../shared/jobs/job.ts";

/** What the jobs API has answered. */
export interface JobAnswer {
  status: number;
  /** `null`: it was a problem. */
  job: Job | null;
  /** Code of the problem. */
  code: string | null;
}

export interface JobsClient {
  ask(body: object): Promise<JobAnswer>;
  show(id: string, waitSeconds?: number): Promise<JobAnswer>;
  beat(id: string, body?: object): Promise<JobAnswer>;
  end(id: string, body?: object): Promise<JobAnswer>;
  list(): Promise<Job[]>;
}

/** Of a job that was taken. */
export const idOf = ({ job, code }: JobAnswer): string => {
  if (job === null) throw new Error(`the job was refused: ${code}`);
  return job.id;
};

const listSchema = v.object({ jobs: v.array(jobSchema) });
const problemSchema = v.object({ code: v.string() });

/** Talks to the jobs API of whichever sidecar is there now, and checks the shape of every answer. */
export function jobsClient(baseUrl: () => string, headers: Record<string, string> = {}): JobsClient {
  async function call(method: string, path: string, body?: object): Promise<JobAnswer> {
    const response = await fetch(`${baseUrl()}api/v1/jobs${path}`, {
      method,
      headers: { ...headers, ...(body === undefined ? {} : { "content-type": "application/json" }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer: unknown = await response.json();
    return response.ok
      ? { status: response.status, job: v.parse(jobSchema, answer), code: null }
      : { status: response.status, job: null, code: v.parse(problemSchema, answer).code };
  }
  return {
    ask: (body) => call("POST", "", body),
    show: (id, waitSeconds) =>
      call("GET", `/${id}${waitSeconds === undefined ? "" : `?wait=${waitSeconds}`}`),
    beat: (id, body) => call("PATCH", `/${id}`, body),
    end: (id, body) => call("DELETE", `/${id}`, body),
    async list() {
      const response = await fetch(`${baseUrl()}api/v1/jobs`);
      return v.parse(listSchema, await response.json()).jobs;
    },
  };
}
