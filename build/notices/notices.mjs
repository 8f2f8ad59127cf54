// What is bundled, and under which licences: for people (THIRD-PARTY.md) and for programs (CycloneDX).
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { argv } from "node:process";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** The bundled packages of some builds below `dist/`, from the notices that each build writes. */
export function bundled(folders) {
  const found = new Map();
  for (const folder of folders) {
    const text = readFileSync(join(ROOT, "dist", folder, "licenses.md"), "utf8");
    for (const part of text.split(/^## (?=\S+ - \d)/m).slice(1)) {
      const [, name = "", version = "", license = "", words = ""] =
        /^(\S+) - (\S+) \((.+)\)\n([\s\S]*)$/.exec(part) ?? [];
      if (name === "")
        throw new Error(`dist/${folder}/licenses.md: a part that is none: ${part.slice(0, 60)}`);
      found.set(`${name}@${version}`, { name, version, license, words: words.trim() });
    }
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}

/** The licences of all, ours first, as one SPDX expression. */
export function licenseExpression(packages) {
  const single = packages.flatMap(({ license }) => license.split(" AND "));
  return ["MIT", ...new Set(single.filter((name) => name !== "MIT"))].join(" AND ");
}

export function thirdParty(packages) {
  const parts = packages.map(
    ({ name, version, license, words }) => `## ${name} ${version} (${license})\n\n${words}`,
  );
  return `# Third-party notices\n\nThis package contains the following software.\n\n${parts.join("\n\n")}\n`;
}

/** CycloneDX 1.6. The same packages give the same document. */
export function sbom(packages, { version, type, optional = [] }) {
  const purlOf = (name, of) => `pkg:npm/${name.replace("@", "%40")}@${of}`;
  const components = packages.map(({ name, version: of, license }) => ({
    type: "library",
    "bom-ref": purlOf(name, of),
    name,
    version: of,
    licenses: [{ expression: license }],
    purl: purlOf(name, of),
  }));
  const besides = optional.map(([name, of]) => ({
    ...{
      type: "library",
      "bom-ref": purlOf(name, of),
      name,
      version: of,
      scope: "optional",
      purl: purlOf(name, of),
    },
  }));
  const own =
    type === "pypi" ? `pkg:pypi/gpu-status-panel@${version}` : `pkg:npm/gpu-status-panel@${version}`;
  const refs = [...components, ...besides].map((one) => one["bom-ref"]);
  const content = { own, components, besides };
  const hash = createHash("sha256").update(JSON.stringify(content)).digest("hex");
  const serial = hash.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, "$1-$2-5$3-8$4-$5");
  const document = {
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    serialNumber: `urn:uuid:${serial}`,
    version: 1,
    metadata: {
      component: {
        type: "application",
        "bom-ref": own,
        name: "gpu-status-panel",
        version,
        licenses: [{ license: { id: "MIT" } }],
        purl: own,
      },
    },
    components: [...components, ...besides],
    dependencies: [{ ref: own, dependsOn: refs }],
  };
  return `${JSON.stringify(document, null, 1)}\n`;
}

/** Those of the npm package, which its tarball and thus the image carry. */
export function writeNotices() {
  const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  const { packages: locked } = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8"));
  const packages = bundled(["client", "element", "react", "server"]);
  const optional = [["libsql", locked["node_modules/libsql"].version]];
  mkdirSync(join(ROOT, "dist"), { recursive: true });
  writeFileSync(join(ROOT, "dist/THIRD-PARTY.md"), thirdParty(packages));
  writeFileSync(
    join(ROOT, "dist/gpu-status-panel.cdx.json"),
    sbom(packages, { version, type: "npm", optional }),
  );
}

if (argv[1] === fileURLToPath(import.meta.url)) writeNotices();
