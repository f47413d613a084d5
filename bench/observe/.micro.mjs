import { launchChromium, openPage, openSite } from './browser.mjs'
import { build } from 'esbuild'
const contents = `
import * as p from './page.mjs'
export * from './page.mjs'
const thresholds = Array.from({ length: 101 }, (_, percent) => percent / 100)
const held=[]
let sink=0
const stages={
 empty(b){},
 loop(b){for(const e of b) sink+=1},
 basic(b){for(const e of b){ sink+=e.time+(e.isIntersecting?1:0)+e.intersectionRatio; if(e.target===null) sink++ }},
 box(b){for(const e of b){ sink+=e.time+(e.isIntersecting?1:0)+e.intersectionRatio; if(e.target===null) sink++; const r=e.boundingClientRect; sink+=r.width+r.height }},
 both(b){for(const e of b){ sink+=e.time+(e.isIntersecting?1:0)+e.intersectionRatio; if(e.target===null) sink++; const r=e.boundingClientRect; sink+=r.width+r.height;const s=e.intersectionRect; sink+=s.width+s.height+s.bottom }},
 root(b){const {width,height}=b.find(({isIntersecting})=>isIntersecting)?.rootBounds??{}; sink+=width;for(const e of b){ sink+=e.time+(e.isIntersecting?1:0)+e.intersectionRatio; if(e.target===null) sink++; const r=e.boundingClientRect; sink+=r.width+r.height;const s=e.intersectionRect; sink+=s.width+s.height+s.bottom }},
 storage(b){for(const e of b) sink+=1; sink+=(localStorage.getItem('x'+(sink%100))?.length)??0},
 now(b){for(const e of b) sink+=performance.now()},
}
export function go(stage){ const o=new IntersectionObserver(stages[stage],{threshold:thresholds}); held.push(o); for(const c of document.querySelectorAll('.card')) o.observe(c) }
export const stageNames=Object.keys(stages)
`
const r = await build({ stdin:{contents,resolveDir:'.'},bundle:true,write:false,format:'iife',globalName:'bench',minify:true,target:'es2022',define:{'process.env.NODE_ENV':'"production"'}})
const site = await openSite(r.outputFiles[0].text); const browser = await launchChromium()
const names=['empty','loop','basic','box','both','root','storage','now']
try {
  const acc={}
  for (let round=0; round<3; round++) for (const n of [...names,'sightline']) {
    const page = await openPage(browser, site.origin)
    await page.evaluate(`bench.prepare('sightline',1000); gc()`)
    if(n==='sightline'){await page.evaluate(`bench.begin('sightline');bench.register('sightline',1000)`)} else await page.evaluate(`bench.go('${n}')`)
    await page.evaluate('bench.scroll(10,60)')
    for (let b=0;b<3;b++){ const m=await page.measure('bench.scroll(60,60)'); (acc[n]??=[]).push(m.scriptMs/60) }
    await page.close()
  }
  for (const n in acc){ const s=acc[n].sort((a,b)=>a-b); console.log(n.padEnd(10), (s[s.length>>1]*1000).toFixed(1),'µs  min',(s[0]*1000).toFixed(1)) }
} finally { await browser.close(); site.close() }
