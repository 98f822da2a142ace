import { spawnSync } from 'node:child_process';
const rounds = Number(process.argv[2]); const names = process.argv.slice(3);
const run = n => { const src = `const c=process.cpuUsage(),t=performance.now();${n==='nothing'?'':n.split('+').map(x=>`await import(${JSON.stringify(x)});`).join('')}const d=process.cpuUsage(c);process.stdout.write(((d.user+d.system)/1000)+' '+(performance.now()-t))`;
 const r = spawnSync(process.env.NODEBIN ?? process.execPath,['--input-type=module','-e',src],{encoding:'utf8'}); if(r.status) throw new Error(r.stderr); return r.stdout.split(' ').map(Number);};
const res = Object.fromEntries(names.map(n=>[n,[]]));
for (let i=0;i<rounds;i++) for (const n of [...names].sort(()=>Math.random()-.5)) res[n].push(run(n));
const med=a=>a.sort((x,y)=>x-y)[a.length>>1]; const low=a=>a.sort((x,y)=>x-y)[a.length>>2];
for (const n of names) console.log(n.padEnd(60), 'cpu', med(res[n].map(r=>r[0])).toFixed(1), 'q1', low(res[n].map(r=>r[0])).toFixed(1), 'wall', med(res[n].map(r=>r[1])).toFixed(1));
