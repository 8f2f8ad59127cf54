import { spawn } from "node:child_process"; import { chromium } from "playwright-core"; import { mkdtempSync } from "node:fs";
const builds = process.argv.slice(2);
const b=await chromium.launch({executablePath:"/usr/lib/chromium/chromium-headless-shell",args:["--no-sandbox","--disable-gpu"]});
let port=17870; const ps=[];
const runs=[];
for (const d of builds){ const p=++port; const c=spawn("node",[`${d}/dist/server/main.js`,"--source","demo","--port",String(p),"--data-dir",mkdtempSync("/tmp/cmp-")],{stdio:"ignore"}); ps.push(c); runs.push([d,p]); }
await new Promise(r=>setTimeout(r,4000));
const watchers=[]; for(const [d,p] of runs){const c=await b.newContext({viewport:{width:1600,height:1300}});const w=await c.newPage();await w.goto(`http://127.0.0.1:${p}/embed?view=bar`);watchers.push(c);}
await new Promise(r=>setTimeout(r,80000));
for(const c of watchers) await c.close();
for (let round=0;round<1;round++) for(const [d,p] of runs){const c=await b.newContext({viewport:{width:1600,height:1300},locale:"en-US"});const q=await c.newPage();await q.goto(`http://127.0.0.1:${p}/`);await q.locator(".hist svg.recharts-surface").first().waitFor();
 const cdp=await c.newCDPSession(q);await cdp.send("Performance.enable",{timeDomain:"threadTicks"});await new Promise(r=>setTimeout(r,6000));
 const m=async()=>Object.fromEntries((await cdp.send("Performance.getMetrics")).metrics.map(x=>[x.name,x.value]));const a=await m();await new Promise(r=>setTimeout(r,20000));const e=await m();
 console.log(d,await q.locator(".zooms [aria-pressed=true]").innerText(),...["ScriptDuration","LayoutDuration","RecalcStyleDuration","TaskDuration"].map(k=>k+" "+((e[k]-a[k])*1000/20).toFixed(2)));await c.close();}
await b.close();for(const c of ps)c.kill();
