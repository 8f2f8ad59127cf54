import type { WireWords } from "../codes.ts";

export const wireProblemsEn: WireWords = {
  "bad-request": {
    message: "The request cannot be understood: {detail}",
    advice: "Check it against the documentation.",
  },
  "body-too-large": {
    message: "The body of the request is larger than {bytes} bytes.",
    advice: "Send less: nothing that this panel takes is as large.",
  },
  "too-many-connections": {
    message: "Too many connections are open.",
    advice: "Close some of them; {most} may be open at the same time.",
  },
  "not-found": { message: "There is nothing at {path}.", advice: "Check the address." },
  "method-not-allowed": { message: "{method} is not possible here.", advice: "Use {allowed}." },
  "protocol-version": {
    message: "This page speaks protocol {client}, the sidecar {server}.",
    advice: "Reload the page; if that does not help, update whichever is older.",
  },
  "too-many-viewers": {
    message: "{most} viewers are connected, and this sidecar may open no more connections.",
    advice: "Close pages that nobody looks at, or raise the limit of open files (ulimit -n).",
  },
  "origin-refused": {
    message: "Pages of {origin} may not connect to this sidecar.",
    advice: "Start the sidecar with --allow-origin {origin}.",
  },
  "host-refused": {
    message: "The sidecar does not answer to the name {host}.",
    advice: "Use its own address, or start it with --allow-origin and the address you use.",
  },
  "sidecar-address": {
    message: "{url} is no address of a sidecar.",
    advice: "Give the address that the sidecar prints when it starts, such as http://127.0.0.1:7870/.",
  },
  "wrong-token": {
    message: "The token is not right.",
    advice: "Open the panel with the link that the sidecar printed when it started.",
  },
  "too-many-requests": {
    message: "Too many requests from this address.",
    advice: "Wait {seconds} s and try again.",
  },
};
