import { expect, test } from "vitest";
import { decodeText } from "../../../../server/lib/decode-text.ts";

test("SMP-20b names come in UTF-8 or in the code page of a Chinese Windows, line by line", () => {
  const gbk = Buffer.from([0xce, 0xd2, 0xb5, 0xc4, 0x2e, 0x65, 0x78, 0x65]);
  const lines = [
    Buffer.from("1, 显存.exe"),
    Buffer.concat([Buffer.from("2, "), gbk]),
    Buffer.from("3, café"),
  ];
  const joined = Buffer.concat(lines.flatMap((line) => [line, Buffer.from("\n")]));
  expect(decodeText(joined)).toBe("1, 显存.exe\n2, 我的.exe\n3, café\n");
  expect(decodeText(Buffer.from("plain\n"))).toBe("plain\n");
  expect(decodeText(Buffer.alloc(0))).toBe("");
  expect(decodeText(Buffer.from([0xff]))).toHaveLength(1);
});
