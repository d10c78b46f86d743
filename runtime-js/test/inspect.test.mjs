// 10_inspect.js against Node's own util.inspect: a table, random values with a seed, a realm whose every prototype is
// poisoned, and hostile values. Run: node runtime-js/test/inspect.test.mjs [SEED]
import { reexecWithInternals, newLoader } from "./harness.mjs";
reexecWithInternals(import.meta.url);
import assert from "node:assert/strict";
import { test } from "node:test";
import util from "node:util";
import vm from "node:vm";

const { inspect, format } = newLoader((source) => (0, eval)(source))("10_inspect.js");

// Each entry is an expression, so that the same values can be built in another realm.
const VALUES = `
0 ;; -0 ;; 1.5 ;; NaN ;; -Infinity ;; 1e21 ;; 123456789012345 ;; 10n ;; -5n ;; true ;; null ;; undefined
'' ;; 'abc' ;; "it's" ;; 'a"b' ;; 'a\\'b"c' ;; 'a\\'b"c\`d' ;; 'a\\'b"\${c}' ;; 'a\\nb\\t\\x00\\x1b\\x7f\\x9f\\u2028' ;; '\\ud83d' ;; '\\udc00x' ;; '\\ud83d\\ude00'
'\\\\' ;; 'x'.repeat(10001) ;; 'x'.repeat(10002) ;; ['x'.repeat(10002)] ;; 'line one is here\\nline two\\n'.repeat(5) ;; ['line one is here and long\\nline two\\n'.repeat(5)] ;; {a:'line one is here\\nline two'.repeat(5)}
Symbol() ;; Symbol('a b') ;; Symbol.for('x') ;; Symbol.iterator ;; Symbol('a\\nb') ;; {[Symbol('a\\nb')]:1} ;; {[Symbol("it's")]:1} ;; {[Symbol()]:1} ;; {[Symbol.iterator]:1}
[] ;; [1] ;; [1,2,3] ;; ['a','b'] ;; [undefined,null] ;; [,] ;; [,,] ;; [1,,3] ;; [1,,,4] ;; [,1] ;; [1,,] ;; new Array(5) ;; new Array(1000) ;; new Array(4294967295) ;; Object.assign(new Array(4294967295),{5:1,4000000000:2})
[[]] ;; [[[]]] ;; [[[[]]]] ;; [[[[1]]]] ;; [[[[[1]]]]] ;; [{}] ;; [{a:{b:{c:{}}}}] ;; {a:{b:{c:{d:1}}}} ;; {a:{b:{c:{}}}} ;; {a:{b:{c:[]}}} ;; {a:{b:{c:[1]}}} ;; {a:{b:{c:new Map()}}} ;; {a:{b:{c:new Map([[1,2]])}}} ;; {a:{b:{c:/x/g}}} ;; {a:{b:{c:Object.assign(/x/g,{p:1})}}} ;; {a:{b:{c:new Date(0)}}} ;; {a:{b:{c(){}}}} ;; {a:{b:{c:Object.assign(()=>{},{p:1})}}} ;; {a:{b:{c:new Set([1])}}}
Array.from({length:6},(_, i)=>i) ;; Array.from({length:7},(_, i)=>i) ;; Array.from({length:27},(_, i)=>i*i) ;; Array.from({length:100},(_, i)=>i) ;; Array.from({length:101},(_, i)=>i) ;; Array.from({length:102},(_, i)=>i) ;; Array.from({length:150},(_, i)=>-i*1000)
Array.from({length:30},(_, i)=>'s'.repeat(i%7)) ;; Array.from({length:30},(_, i)=>'s'.repeat(i)) ;; Array.from({length:200},(_, i)=>'k'+i) ;; Array.from({length:10},(_, i)=>({i})) ;; Array.from({length:26},(_, i)=>[i,i+1]) ;; Array.from({length:20},(_, i)=>i%2?i:'x') ;; Array.from({length:20},(_, i)=>BigInt(i)) ;; Array.from({length:20},(_, i)=>i*1.37) ;; {a:{b:Array.from({length:50},(_, i)=>i)}} ;; [Array.from({length:50},(_, i)=>i*7919)] ;; Array.from({length:8},()=>'long enough text to fill') ;; Array.from({length:7},()=>'x\\ny') ;; Array.from({length:9},()=>undefined) ;; Array.from({length:9},()=>null) ;; Array.from({length:9},(_, i)=>i%2===0)
Object.assign([1,2,3],{x:1,'y z':2}) ;; Object.assign([1,2,3],{[Symbol('k')]:1}) ;; Object.assign(Array.from({length:10},(_, i)=>i),{x:1}) ;; Object.assign(Array.from({length:101},(_, i)=>i),{x:1}) ;; Object.assign([],{x:1}) ;; Object.assign([],{'-1':1,'4294967295':2}) ;; (()=>{const a=[1,2];Object.defineProperty(a,'h',{value:1});return a})() ;; (()=>{const a=[1,2];Object.defineProperty(a,0,{get(){return 1},enumerable:true});return a})() ;; (()=>{const a=Array.from({length:10},(_, i)=>i);a[20]=1;a[50]=2;return a})()
new (class Foo extends Array{})(3) ;; new (class Foo extends Array{})(1,2) ;; new (class Foo extends Array{})() ;; Object.setPrototypeOf([1,2],null) ;; Object.setPrototypeOf([],null) ;; Object.defineProperty([1],Symbol.toStringTag,{value:'T'})
{} ;; {a:1} ;; {a:1,b:'x',c:null,d:undefined} ;; {'a-b':1} ;; {'1':2} ;; {$a:1} ;; {_a1:1} ;; {'':1} ;; {"it's":1} ;; {'é':1} ;; {['__proto__']:1} ;; {get a(){throw 1}} ;; {set a(v){}} ;; {get a(){return 1},set a(v){}} ;; Object.create(null) ;; Object.assign(Object.create(null),{a:1}) ;; Object.create({}) ;; Object.create(Object.create(null)) ;; Object.create({a:1},{b:{value:2,enumerable:true}}) ;; Object.create(Object.create(Object.create(null)))
{aaaaaaaaaaaaaaaaaaaaaaa:1,bbbbbbbbbbbbbbbbbbbbbbbbbbb:2,cccccccccccccccccccccccccc:3} ;; {aaaaaaaaaaaaaaaaaaaaaaa:1,bbbbbbbbbbbbbbbbbbbbbbbbbbb:2,ccccccccccc:3} ;; {aaaaaaaaaaaaaaaaaaaaaaa:1,bbbbbbbbbbbbbbbbbbbbbbbbbbb:2,cccccccccccc:3} ;; {aaaaaaaaaaaaaaaaaaaaaaa:1,bbbbbbbbbbbbbbbbbbbbbbbbbbb:2,ccccccccccccc:3} ;; Object.fromEntries(Array.from({length:30},(_, i)=>['k'+i,i])) ;; Object.fromEntries(Array.from({length:150},(_, i)=>['k'+i,i])) ;; {a:{aa:1},b:{bb:{bbb:1}},c:[{d:1}]} ;; {user:{email:'a@b.c',app_metadata:{roles:['admin','x'],plan:{name:'pro',seats:[1,2,3]}}},client:{client_id:'abc',name:'n'}} ;; {a:[{b:{c:{}}}]} ;; {a:[{b:{c:{d:1}}}],e:{f:{g:{h:1}}}}
new (class Foo{a=1}) ;; new (class Foo{}) ;; new (class{}) ;; new (class extends (class Bar{}){}) ;; new (class Foo extends (class Bar{}){x=1}) ;; (class Foo{}).prototype ;; (class B extends (class A{}){}).prototype ;; new (class Foo{get [Symbol.toStringTag](){return 'bar'}}) ;; new (class Foo{get [Symbol.toStringTag](){throw 1}}) ;; new (class Foo{[Symbol.toStringTag]='bar'}) ;; {[Symbol.toStringTag]:'x'} ;; Object.defineProperty({},Symbol.toStringTag,{value:'x'}) ;; Object.defineProperty({a:1},Symbol.toStringTag,{value:'x'}) ;; Object.setPrototypeOf(new (class Foo{a=1}),null) ;; Object.defineProperty(Object.create(null),Symbol.toStringTag,{value:'x'}) ;; new (class Foo extends null{constructor(){return Object.create(new.target.prototype)}}) ;; Object.create({constructor:1}) ;; Object.create({constructor:undefined,x:1}) ;; (()=>{function F(){this.x=1} F.prototype=null; return new F})() ;; (()=>{function F(){this.x=1} F.prototype={}; return new F})() ;; (()=>{function Old(){this.x=1} Old.prototype.m=1; return new Old})() ;; new (class Foo{#p=1;static s=1;m(){};get g(){return 1}}) ;; {constructor:'x'} ;; {constructor:{name:'Fake'}} ;; {a:new (class Foo{a=new (class Bar{b=new (class Baz{c=new (class Qux{d=1})})})})}
function f(){} ;; function(){} ;; ()=>{} ;; (()=>()=>{})() ;; async function g(){} ;; async()=>{} ;; function*gen(){} ;; async function*ag(){} ;; class A{} ;; class{} ;; class B extends Array{} ;; class extends Array{} ;; class N extends null{} ;; class S{static x=1;static m(){}} ;; class S{static name='other'} ;; class S{static name(){}} ;; Object.assign(function f(){},{a:1,b:{c:2}}) ;; Math.max ;; Map ;; (function f(){}).bind() ;; ({m(){}}).m ;; ({class(){}}).class ;; ({classy(){}}).classy ;; ({get x(){return 1}}) ;; Object.setPrototypeOf(function f(){},null) ;; Object.setPrototypeOf(class C{},null) ;; Object.setPrototypeOf(function f(){},Object.prototype) ;; Object.defineProperty(function(){},'name',{value:'dyn'}) ;; Object.defineProperty(function f(){},Symbol.toStringTag,{value:'T'}) ;; Object.setPrototypeOf(()=>{},(class Z extends Function{}).prototype) ;; [function f(){},()=>{},class A{}] ;; {f(){},g:()=>{},h:class{},i:async()=>{}} ;; new Function('a','return a') ;; class/*x(*/A{} ;; class A{'(' (){}} ;; Symbol ;; Proxy ;; Object.defineProperty(function f(){},'name',{value:5}) ;; Object.assign(class Q{},{a:1})
new Map() ;; new Map([[1,2]]) ;; new Map([['a',{b:1}],[{k:1},[1,2,3]]]) ;; new Map(Array.from({length:101},(_, i)=>[i,i])) ;; new Map(Array.from({length:20},(_, i)=>['key'+i,'value'+i])) ;; new Set() ;; new Set([1,'a',{}]) ;; new Set(Array.from({length:120},(_, i)=>i)) ;; Object.assign(new Map([[1,2]]),{x:1}) ;; Object.assign(new Map(),{x:1}) ;; Object.assign(new Set([1]),{x:1}) ;; new (class M extends Map{}) ;; new (class M extends Map{})([[1,2]]) ;; Object.setPrototypeOf(new Map([[1,2]]),null) ;; Object.setPrototypeOf(new Set([1]),null) ;; Object.setPrototypeOf(new Set([1]),Object.prototype) ;; new Map([[new Map([[1,new Map([[2,new Map([[3,4]])]])]]),1]])
new Map([[1,2]]).entries() ;; new Map([[1,2]]).keys() ;; new Map([[1,2]]).values() ;; new Set([1,2]).values() ;; new Set([1,2]).entries() ;; new Map().entries() ;; new Set().values() ;; [1].values() ;; 'a'[Symbol.iterator]() ;; 'a'.matchAll(/a/g) ;; new Map(Array.from({length:101},(_, i)=>[i,i])).entries() ;; Object.assign(new Map([[1,2]]).entries(),{x:1}) ;; (function*g(){})() ;; (async function*g(){})() ;; new Map([[{a:{b:{c:1}}},{a:1}]]).entries()
new WeakMap() ;; new WeakSet() ;; new WeakMap([[{},1]]) ;; new WeakRef({}) ;; new FinalizationRegistry(()=>{}) ;; Object.assign(new WeakMap(),{x:1})
new Date(0) ;; new Date(NaN) ;; new Date(8.64e15) ;; Object.assign(new Date(0),{x:1}) ;; new (class D extends Date{})(0) ;; Object.setPrototypeOf(new Date(0),null) ;; [new Date(0)] ;; /a/ ;; /a\\/b/gimsuy ;; /x/dv ;; new RegExp('') ;; new RegExp('\\n/') ;; Object.assign(/a/,{x:1}) ;; new (class R extends RegExp{})('x','g') ;; Object.setPrototypeOf(/a/g,null)
Promise.resolve(1) ;; Promise.resolve({a:{b:{c:{}}}}) ;; new Promise(()=>{}) ;; (()=>{const p=Promise.reject(3);p.catch(()=>{});return p})() ;; Object.assign(Promise.resolve(1),{x:1}) ;; new (class P extends Promise{})(()=>{}) ;; {p:Promise.resolve('x')}
new Proxy({a:1},{}) ;; new Proxy([1,2],{get(){throw 1},ownKeys(){throw 2}}) ;; new Proxy(function f(){},{}) ;; (()=>{const r=Proxy.revocable({},{});r.revoke();return r.proxy})() ;; [new Proxy({a:1},{})] ;; {a:{b:{c:new Proxy({x:1},{})}}} ;; new Proxy(class A{},{}) ;; new Proxy(new Map([[1,2]]),{}) ;; new Proxy(new Date(0),{})
new Number(1) ;; new Number(-0) ;; new String('abc') ;; new String('') ;; new Boolean(false) ;; Object(1n) ;; Object(Symbol('s')) ;; Object.assign(new String('ab'),{x:1}) ;; Object.assign(new Number(1),{x:1}) ;; new (class X extends Number{})(5) ;; Object.setPrototypeOf(new String('q'),null) ;; Object.defineProperty(new Number(1),Symbol.toStringTag,{value:'T'}) ;; [new String('a\\nb')] ;; Object.assign(new String('ab'),{5:1})
new Uint8Array(3) ;; new Uint8Array(0) ;; new Float64Array([1.5,-0,NaN]) ;; new BigInt64Array([1n,-2n]) ;; new Uint8Array(200) ;; new Uint8ClampedArray([1,2,300]) ;; Object.assign(new Uint8Array(2),{x:1}) ;; new (class U extends Uint8Array{})(2) ;; Object.setPrototypeOf(new Uint8Array(2),null) ;; new ArrayBuffer(4) ;; new ArrayBuffer(0) ;; new Uint8Array([1,2,255]).buffer ;; new ArrayBuffer(200) ;; new DataView(new ArrayBuffer(4),1,2) ;; Object.assign(new ArrayBuffer(2),{x:1}) ;; {b:new ArrayBuffer(60)} ;; Object.assign(new DataView(new ArrayBuffer(2)),{x:1}) ;; Object.setPrototypeOf(new ArrayBuffer(2),null) ;; (()=>{const b=new ArrayBuffer(4);structuredClone(b,{transfer:[b]});return b})() ;; new Int16Array([1,-2,3,4,5,6,7,8,9,10]) ;; new Float32Array(7) ;; [new Uint8Array(2)] ;; {a:{b:{c:new Uint8Array(2)}}}
(function(){return arguments})() ;; (function(){return arguments})(1,2) ;; (function(){'use strict';return arguments})('a') ;; Math ;; JSON ;; Reflect ;; Intl ;; Atomics ;; Array.prototype ;; Object.prototype ;; Function.prototype ;; Map.prototype ;; Promise.prototype ;; Date.prototype ;; RegExp.prototype ;; Error.prototype ;; Uint8Array.prototype ;; Symbol.prototype ;; String.prototype ;; Number.prototype ;; Proxy.prototype ;; Set.prototype ;; ArrayBuffer.prototype ;; Object.getPrototypeOf(function*(){}) ;; WeakMap.prototype ;; BigInt.prototype ;; Boolean.prototype ;; TypeError.prototype
new Error('x') ;; new Error() ;; new Error('') ;; new TypeError('multi\\nline') ;; [new Error('x')] ;; {e:new Error('x')} ;; {a:{b:{e:new Error('x')}}} ;; {a:{b:{c:{e:new Error('x')}}}} ;; Object.assign(new Error('x'),{code:'E',n:{a:1}}) ;; new Error('x',{cause:new Error('y')}) ;; new Error('x',{cause:'str'}) ;; new Error('x',{cause:undefined}) ;; new Error('x',{cause:{a:1}}) ;; new Error('a',{cause:new Error('b',{cause:new Error('c',{cause:new Error('d',{cause:new Error('e')})})})}) ;; new AggregateError([new Error('p'),2],'agg') ;; new AggregateError([]) ;; (()=>{const e=new Error('x');delete e.stack;return e})() ;; (()=>{const e=new Error('x');e.stack=5;return e})() ;; (()=>{const e=new Error('x');e.stack='custom';return e})() ;; (()=>{const e=new Error('x');e.stack={a:1};return e})() ;; (()=>{const e=new Error('x');e.stack='';return e})() ;; (()=>{const e=new Error('x');e.stack=undefined;return e})() ;; (()=>{const e=new Error('x');e.name='Mine';return e})() ;; (()=>{const e=new Error('x');e.message='changed';return e})() ;; (()=>{const e=new Error('');e.message='later';return e})() ;; new (class MyError extends Error{})('x') ;; new (class MyError extends Error{name='MyError'})('x') ;; new (class MyError extends TypeError{get name(){return 'Odd'}})('x') ;; new (class ValidationError extends Error{constructor(m){super(m);this.name='ValidationError';this.field='f'}})('bad') ;; new (class Foo extends Error{})('x') ;; Object.setPrototypeOf(new Error('x'),null) ;; Object.setPrototypeOf(new TypeError('x'),Object.prototype) ;; Object.create(Error.prototype) ;; Object.create(new Error('parent')) ;; Object.assign(new Error('x'),{name:'N',message:'M'}) ;; Object.defineProperty(new Error('x'),'name',{value:'E2',enumerable:true}) ;; (()=>{const e=new Error('self');e.cause=e;return e})() ;; (()=>{const e=new Error('self');e.me=e;return e})() ;; (()=>{const e=new Error('x');e.name=undefined;return e})() ;; (()=>{const e=new Error('x');e.name=null;return e})() ;; new RangeError('r',{cause:null}) ;; (()=>{const e=new Error('x');Object.defineProperty(e,Symbol.toStringTag,{value:'T'});return e})() ;; (()=>{const e=new Error('x'); e.errors=[1]; return e})() ;; new (class A extends AggregateError{})([1],'m') ;; (()=>{ class FooError extends Error{}; const e = new FooError('m'); e.stack = e.stack.split('\\n')[0]; return e})() ;; (()=>{const e=new Error('x');e.stack='Error: x\\n    at a (f:1:1)\\n    at b (f:2:2)';return {e}})()
(()=>{const o={a:1};o.self=o;return o})() ;; (()=>{const o={};o.a={b:o,c:{}};o.a.c.d=o.a;return o})() ;; (()=>{const a=[];a.push(a,a);return a})() ;; (()=>{const m=new Map();m.set('m',m);m.set(m,1);return m})() ;; (()=>{const s=new Set();s.add(s);return s})() ;; (()=>{function f(){};f.f=f;return f})() ;; (()=>{const x={};return [x,x]})() ;; (()=>{const x={a:{}};x.a.b=x.a;return x})() ;; (()=>{class A{};const a=new A;a.a=a;return [a]})() ;; (()=>{const p={};p.p=Promise.resolve(p);return p})()
{[Symbol.for('nodejs.util.inspect.custom')](){return 'text'}} ;; {[Symbol.for('nodejs.util.inspect.custom')](){return 'two\\nlines'}} ;; {a:{[Symbol.for('nodejs.util.inspect.custom')](){return 'two\\nlines'}}} ;; {a:{[Symbol.for('nodejs.util.inspect.custom')](){return {x:{y:'z'.repeat(80)}}}}} ;; {[Symbol.for('nodejs.util.inspect.custom')](){return 5}} ;; {a:{[Symbol.for('nodejs.util.inspect.custom')](d){return String(d)}}} ;; {a:{b:{c:{d:{[Symbol.for('nodejs.util.inspect.custom')](d){return String(d)}}}}}} ;; {a:{[Symbol.for('nodejs.util.inspect.custom')](d,o,i){return 'C<'+i({q:{w:1}},{depth:d})+'>'}}} ;; {[Symbol.for('nodejs.util.inspect.custom')](d,o,i){return i({q:[1,2]},o)}} ;; new (class C{[Symbol.for('nodejs.util.inspect.custom')](){return 'inst'}}) ;; (class C{[Symbol.for('nodejs.util.inspect.custom')](){return 'inst'}}).prototype ;; {[Symbol.for('nodejs.util.inspect.custom')]:5} ;; {[Symbol.for('nodejs.util.inspect.custom')](){return this}} ;; {[Symbol.for('nodejs.util.inspect.custom')](){return null}} ;; {[Symbol.for('nodejs.util.inspect.custom')](){return undefined}} ;; {[Symbol.for('nodejs.util.inspect.custom')](){return [1,2]}}
Object.defineProperty({a:1},'hidden',{value:1}) ;; Object.defineProperty({},Symbol('h'),{value:1}) ;; Object.freeze({a:1}) ;; {a:'x'.repeat(60),b:'y'.repeat(30)} ;; {a:'x'.repeat(70)} ;; {a:'x'.repeat(80)} ;; ['x'.repeat(72)] ;; ['x'.repeat(73),1] ;; [['a','b'],['c','d'],['e','f']] ;; {a:[1,2,[3,4,[5,6]]]} ;; {a:[1,2,[3,4,[5,[6]]]]} ;; [[[{}]]] ;; [[1,[2,[3]]]] ;; {a:{b:1},c:{d:{e:1}}} ;; {x:{y:{z:1}},w:1} ;; [{a:1,b:{c:1}},{a:2,b:{c:2}}] ;; {a:1n,b:Symbol('x'),c:()=>{},d:new Date(0),e:/x/,f:null,g:undefined,h:NaN}
globalThis.constructor ;; Array.from({length:20},(_, i)=>['\u6771\u4eac','ab','\u00e9','e\u0301','\ud83d\ude00'][i%5]) ;; {a:{b:{c:Object.defineProperty(Object.assign(Object.create(null),{q:1}),Symbol.toStringTag,{value:'x'})}}} ;; {a:{b:{c:Object.setPrototypeOf(new (class Foo{a=1}),null)}}} ;; {a:{b:{c:Object.assign(Object.create(null),{a:1})}}} ;; {a:{b:{c:Object.defineProperty({q:1},Symbol.toStringTag,{value:'x'})}}} ;; {a:{b:{c:new (class Foo{q=1})}}} ;; {a:{b:{c:[new (class Foo extends Array{})(3)]}}} ;; {a:{b:{c:new (class Foo extends Map{})([[1,2]])}}} ;; {a:{b:{c:(function(){return arguments})(1)}}} ;; {a:{b:{c:Promise.resolve(1)}}} ;; {a:{b:{c:Object.create({constructor:undefined},{a:{value:1,enumerable:true}})}}} ;; {a:{b:{c:new Map([[1,2]]).entries()}}} ;; {a:{b:{c:Object.assign(new String('x'),{y:1})}}} ;; {a:{b:{c:new WeakSet()}}} ;; {a:{b:{c:Object.setPrototypeOf([1],null)}}} ;; {a:{b:{c:Object.setPrototypeOf(new Map([[1,2]]),null)}}} ;; (()=>{ class A { constructor() { this.x = 1; } } ; class B extends A {}; return [new B, new A, B, A]})() ;; [null,undefined,true,1n,Symbol('x')] ;; [1.5,'x',,{}] ;; {['a\\nb']:1} ;; (()=>{const o=Object.create({constructor:class{}});o.x=1;return o})() ;; (()=>{const o=Object.create({constructor:(()=>1).bind()});o.x=1;return o})() ;; Object.create(new Proxy({},{})) && 1 ;; new (class Fooo extends Map{get [Symbol.toStringTag](){return 'x'}})([[1,2]]) ;; Object.defineProperty(new Date(0),Symbol.toStringTag,{value:'T'}) ;; Object.defineProperty(/x/,Symbol.toStringTag,{value:'T'}) ;; Object.defineProperty(new Uint8Array(1),Symbol.toStringTag,{value:'T'}) ;; Object.defineProperty(Promise.resolve(1),Symbol.toStringTag,{value:'T'})
`.split(/\n| ;; /).map((s) => s.trim()).filter((s) => s !== "");

const OPTIONS = [
  {}, { depth: 0 }, { depth: 1 }, { depth: null }, { depth: 5, breakLength: 40 }, { compact: 1 }, { compact: false },
  { breakLength: Infinity }, { maxArrayLength: 3 }, { maxArrayLength: 0 }, { maxStringLength: 4 }, { customInspect: false },
];

const build = (source) => (0, eval)(`(${source})`);
const ours = (value, options) => inspect(value, { ...options, budget: 1e9 });

// What we do otherwise on purpose, by the expression and the reason.
const ON_PURPOSE = new Map([
  ["class S{static name(){}}", "a function in the place of a name is no name"],
  ["Object.assign(new String('ab'),{5:1})", "indices of a boxed string are never listed, so that a long one stays cheap"],
  ["Object.setPrototypeOf(new ArrayBuffer(2),null)", "Node reads byteLength through the missing prototype"],
  ["class/*x(*/A{}", "Node takes the parenthesis in the comment for a parameter list"],
  ["Object.setPrototypeOf(new Set([1]),Object.prototype)", "Node asks Symbol.iterator, we ask the internal slots"],
  ["Object.setPrototypeOf(new Map([[1,2]]),null)", "with maxArrayLength 0 Node shows the entry all the same"],
  ["Object.setPrototypeOf(new Set([1]),null)", "with maxArrayLength 0 Node shows the entry all the same"],
]);

test("every value of the table, under every set of options, as Node shows it", () => {
  const bad = [];
  for (const source of VALUES) {
    if (ON_PURPOSE.has(source)) continue;
    const value = build(source);
    for (const options of OPTIONS) {
      const got = ours(value, options);
      let want;
      try {
        want = util.inspect(value, options);
      } catch {
        // Where tenant code breaks Node's inspect, ours must only survive.
        continue;
      }
      if (got !== want && !bad.some((text) => text.startsWith(`${source} {`))) bad.push(`${source} ${JSON.stringify(options)}\n  node: ${want}\n  ours: ${got}`);
    }
  }
  assert.equal(bad.length, 0, `${bad.length} differ:\n${bad.slice(0, Number(process.env.SHOW ?? 15)).join("\n")}`);
  assert.ok(VALUES.length > 200);
});

const FORMATS = `
[] ;; [''] ;; ['a'] ;; ['a','b'] ;; ['a',1,null,undefined,true] ;; [1,'a'] ;; [{a:1},'x',[1,'y']] ;; ['%'] ;; ['%%'] ;; ['%%',1] ;; ['100%',1] ;; ['%s'] ;; ['%s','x'] ;; ['%s %s','x'] ;; ['%s','x','y',{a:1}] ;; ['a%','b'] ;; ['%x',1] ;; ['%%%s%%','v'] ;; ['%s%s%s',1,2,3] ;; ['% s',1] ;; ['%S',1]
['%s',1] ;; ['%s',-0] ;; ['%s',5n] ;; ['%s',Symbol('q')] ;; ['%s',undefined] ;; ['%s',null] ;; ['%s',true] ;; ['%s',{}] ;; ['%s',{a:{b:1}}] ;; ['%s',[1,[2,[3]]]] ;; ['%s',()=>1] ;; ['%s',class A{}] ;; ['%s',new Date(0)] ;; ['%s',new Error('e').message] ;; ['%s',{toString(){return 'mine'}}] ;; ['%s',new (class Foo{toString(){return 'cls'}})] ;; ['%s',new (class Foo extends Error{toString(){return 'cls'}})] ;; ['%s',Object.create(null)] ;; ['%s',new (class Foo{x=1})] ;; ['%s',new (class Foo extends Map{})] ;; ['%s',Object.create({toString(){return 'inh'}})] ;; ['%s',{toString:5}] ;; ['%s',new String('boxed')] ;; ['%s',new Proxy({},{})] ;; ['%s','multi\\nline'] ;; ['%s',{a:'q'}] ;; ['%s',/re/] ;; ['%s',[]] ;; ['%s',new Set([1])] ;; ['%s',new (class extends (class P{toString(){return 'pp'}}){})]
['%d',1] ;; ['%d','42'] ;; ['%d','x'] ;; ['%d',-0] ;; ['%d',5n] ;; ['%d',Symbol('q')] ;; ['%d',{}] ;; ['%d',null] ;; ['%d',undefined] ;; ['%d','1.5'] ;; ['%d',{valueOf(){return 7}}] ;; ['%d',[]] ;; ['%i',1.9] ;; ['%i','42.9px'] ;; ['%i',5n] ;; ['%i',Symbol('q')] ;; ['%i',{}] ;; ['%i',-0.5] ;; ['%f',1.5] ;; ['%f','1.50x'] ;; ['%f',5n] ;; ['%f',Symbol('q')] ;; ['%f','x'] ;; ['%f',-0]
['%j',{a:1}] ;; ['%j',[1,'x']] ;; ['%j',undefined] ;; ['%j',()=>1] ;; ['%j','s'] ;; ['%j',{toJSON(){return 'J'}}] ;; ['%j',(()=>{const o={};o.o=o;return o})()] ;; ['%O',{a:{b:{c:{d:1}}}}] ;; ['%O',[1,2]] ;; ['%O','s'] ;; ['%o',{a:1}] ;; ['%o',[1,2]] ;; ['%o',function f(a,b){}] ;; ['%o','s'] ;; ['%o',new Map([[1,{a:1}]])] ;; ['%o',new Set([1])] ;; ['%o',new Uint8Array(2)] ;; ['%o',new Proxy({a:1},{})] ;; ['%o',class A{static s=1;m(){}}] ;; ['%o',{a:{b:{c:{d:{e:{f:1}}}}}}] ;; ['%o',new Date(0)] ;; ['%o',/x/g] ;; ['%o',Object.defineProperty({},'h',{value:1})] ;; ['%o',new (class Foo{get x(){return 1} y=2})] ;; ['%o',()=>{}] ;; ['%o',Promise.resolve(1)] ;; ['%o',Symbol('x')] ;; ['%o',5] ;; ['%o',new (class B extends (class A{get q(){return 1}}){get r(){return 1}})] ;; ['%o',[]] ;; ['%o',{}] ;; ['%o',new String('ab')] ;; ['%o',new Float64Array(0)] ;; ['%o',[[[[[[1]]]]]]] ;; ['%o',new Proxy([1,[2,[3]]],{get(){return 1}})] ;; ['%o',(()=>{const r=Proxy.revocable({},{});r.revoke();return r.proxy})()] ;; ['%o',new (class Foo extends Array{get z(){return 1}})(1,2)] ;; ['%o',new ArrayBuffer(2)]
['%c','color:red'] ;; ['%cx%cy','a','b'] ;; ['%cx','a','b'] ;; ['%s: %d items (%i%%) %j','cart',3,50,{a:[1]},'rest',{b:1}] ;; ['%o and %O',{a:1},{b:2},3] ;; [null,'%s','x'] ;; [Symbol('s'),'x'] ;; [new Map([[1,2]]),'%s'] ;; ['x',-0,0,5n] ;; ['a\\nb',{c:'a\\nb'}] ;; [['a'],'b'] ;; ['','x'] ;; ['%s','%s','x'] ;; [undefined] ;; ['%s',''] ;; ['a','']
`.split(/\n| ;; /).map((s) => s.trim()).filter((s) => s !== "");

test("every argument list of the table, as Node's console prints it", () => {
  const bad = [];
  for (const source of FORMATS) {
    const args = build(source);
    const want = util.formatWithOptions({}, ...args);
    const got = format(args, { budget: 1e9 });
    if (got !== want) bad.push(`${source}\n  node: ${want}\n  ours: ${got}`);
  }
  assert.equal(bad.length, 0, `${bad.length} differ:\n${bad.slice(0, Number(process.env.SHOW ?? 15)).join("\n")}`);
});

/** A small generator with a seed (mulberry32), so that a failure can be repeated. */
function newRandom(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

class Point { constructor(x) { this.x = x; } }
class Tagged { get [Symbol.toStringTag]() { return "Label"; } }
class CustomError extends Error {}

function randomValue(random, depth, made) {
  const int = (n) => Math.floor(random() * n);
  const pick = (list) => list[int(list.length)];
  const text = () => Array.from({ length: int(random() < 0.1 ? 120 : 14) }, () => pick("abcdefgh'\"`\n\t \\$ü\u0000{}".split(""))).join("");
  const key = () => pick(["a", "bb", "name", "long_property_name", "with-dash", "1", "0x", "", Symbol("s"), "it's", "é"]);
  const leaf = () => pick([
    () => int(10), () => -int(1e9), () => random(), () => text(), () => text(), () => null, () => undefined, () => random() < 0.5,
    () => BigInt(int(1e6)), () => Symbol(text()), () => new Date(int(1e12)), () => /a[b]/gi, () => -0, () => function fn() {}, () => class K {},
    () => new Uint8Array(int(20)), () => new Number(int(5)), () => new ArrayBuffer(int(40)),
  ])();
  if (depth === 0 || random() < 0.25) return leaf();
  if (made.length > 0 && random() < 0.05) return pick(made);
  const value = () => randomValue(random, depth - 1, made);
  const fill = (object, n) => {
    made.push(object);
    for (let i = 0; i < n; i++) Reflect.set(object, key(), value());
    return object;
  };
  switch (int(13)) {
    case 0: case 1: case 2: return fill({}, int(6));
    case 3: case 4: { const list = []; made.push(list); for (let n = int(random() < 0.2 ? 130 : 12), i = 0; i < n; i++) list.push(random() < 0.7 ? int(1e5) : value()); return list; }
    case 5: { const list = fill([], int(3)); for (let n = int(8), i = 0; i < n; i++) list[int(12)] = value(); return list; }
    case 6: { const map = new Map(); made.push(map); for (let n = int(5), i = 0; i < n; i++) map.set(value(), value()); return map; }
    case 7: { const set = new Set(); made.push(set); for (let n = int(8), i = 0; i < n; i++) set.add(value()); return set; }
    case 8: return fill(new Point(value()), int(3));
    case 9: return fill(random() < 0.5 ? Object.create(null) : new Tagged(), int(3));
    case 10: { const error = random() < 0.5 ? new CustomError(text(), random() < 0.5 ? { cause: value() } : undefined) : new TypeError(text()); error.stack = `${error.stack.split("\n    at")[0]}\n    at here (file.js:1:2)\n    at there (file.js:3:4)`; return fill(error, int(3)); }
    case 11: return fill(pick([() => {}, async function af() {}, new Map([[1, 2]]), Promise.resolve(value())]), int(3));
    default: return Array.from({ length: int(40) }, () => text().slice(0, 9));
  }
}

test("random values, as Node shows them", () => {
  const seed = Number(process.argv[2] ?? process.env.SEED ?? Date.now() % 1e9);
  const random = newRandom(seed);
  let compared = 0;
  for (let round = 0; round < 6000; round++) {
    const value = randomValue(random, 1 + Math.floor(random() * 5), []);
    const options = random() < 0.5 ? {} : { ...OPTIONS[Math.floor(random() * OPTIONS.length)], showHidden: random() < 0.1 };
    const got = ours(value, options);
    let want;
    try {
      want = util.inspect(value, options);
    } catch {
      continue;
    }
    // Errors whose `name` is an odd object make Node throw or overflow its stack.
    if (want.includes("Inspection interrupted")) continue;
    compared++;
    assert.equal(got, want, `round ${round}; repeat with: node inspect.test.mjs ${seed}; options ${JSON.stringify(options)}`);
  }
  assert.ok(compared > 5000, `only ${compared} values were compared`);
});

/** Runs in the realm that it spoils: every method throws, and names that our code might read or write are traps. */
const POISON = `(() => {
  const boom = () => { throw new Error("a replaced builtin ran"); };
  const { defineProperty, getOwnPropertyDescriptor } = Object;
  const { ownKeys, getPrototypeOf } = Reflect;
  const iterator = Symbol.iterator, TagKey = Symbol.toStringTag;
  const targets = [Object, Array, Map, Set, WeakMap, WeakSet, WeakRef, Date, RegExp, Error, Promise, String, Number, Boolean, Symbol, BigInt,
    Function, ArrayBuffer, DataView, Uint8Array, Float64Array, getPrototypeOf(Uint8Array), JSON, Math, Reflect,
    getPrototypeOf([][iterator]()), getPrototypeOf(new Map()[iterator]()), getPrototypeOf(new Set()[iterator]()), getPrototypeOf(""[iterator]()),
    getPrototypeOf(getPrototypeOf([][iterator]()))];
  for (let i = 0, n = targets.length; i < n; i++) {
    const pair = [targets[i], targets[i].prototype];
    for (let j = 0; j < 2; j++) {
      const target = pair[j];
      if (target === undefined || target === null) continue;
      const keys = ownKeys(target);
      for (let k = 0, m = keys.length; k < m; k++) {
        const key = keys[k];
        if (key === "prototype" || key === "constructor" || key === TagKey) continue;
        const descriptor = getOwnPropertyDescriptor(target, key);
        if (!descriptor.configurable) { if (descriptor.writable && typeof descriptor.value === "function") target[key] = boom; continue; }
        if (typeof descriptor.value === "function") defineProperty(target, key, { __proto__: null, value: boom });
        else if (descriptor.get !== undefined && key !== "__proto__") defineProperty(target, key, { __proto__: null, get: boom });
      }
    }
  }
  const traps = ["get", "set", "value", "enumerable", "configurable", "writable", "done", "next", "depth", "budget", "showHidden", "then", "toJSON",
    "keys", "key", "descriptor", "open", "close", "base", "whole", "body", "indentation", "spent", "seen", "circular", "tag", "inherited", "text", "0", "1", "2"];
  for (let i = 0; i < traps.length; i++) {
    const set = () => { throw new Error("a setter on a prototype ran: " + traps[i]); };
    const get = () => { throw new Error("a getter on a prototype ran: " + traps[i]); };
    defineProperty(Object.prototype, traps[i], { __proto__: null, get, set, configurable: true });
    if (traps[i] < "3") defineProperty(Array.prototype, traps[i], { __proto__: null, get, set, configurable: true });
  }
})()`;

test("a realm whose prototypes are all replaced shows the same", () => {
  const context = vm.createContext({ structuredClone });
  const realm = (source) => vm.runInContext(source, context);
  const tampered = newLoader(realm)("10_inspect.js");
  const cases = [];
  for (const source of VALUES) {
    // These lines run methods of their own while they are shown, or show the prototypes that are replaced.
    if (/inspect\.custom|\.prototype$|^(Math|JSON|Reflect|Intl|Atomics)$|^globalThis|e\.stack=\{|Object\.create\(\{?\w*\}?\)$/.test(source)) continue;
    const value = realm(`(${source})`);
    cases.push({ source, value, before: tampered.inspect(value), hidden: tampered.format(["%s|", value, value]) });
  }
  assert.ok(cases.length > 200);
  realm(POISON);
  assert.equal(realm("let caught; try { [1].map(x => x); } catch (error) { caught = error.message; } caught"), "a replaced builtin ran");
  for (const { source, value, before, hidden } of cases) {
    assert.equal(tampered.inspect(value), before, source);
    const text = tampered.format(["%s|", value, value]);
    // A replaced toString that throws is asked and forgotten: only then may %s differ.
    if (typeof value !== "function" && !/Error|toString|Array/.test(source)) assert.equal(text, hidden, `%s of ${source}`);
  }
});

const MARK = "... (truncated)";
let trapRuns = 0;
const trapping = new Proxy({}, { get: (_, name) => () => { trapRuns++; throw new Error(`trap ${String(name)} ran`); } });
const customKey = Symbol.for("nodejs.util.inspect.custom");

test("no trap and no ordinary getter ever runs", () => {
  const proxy = () => new Proxy({ a: 1 }, trapping);
  const error = new Error("x", { cause: proxy() });
  const named = new Error("x");
  void named.stack; // Node's own preparation of the stack text would ask the prototype.
  Object.setPrototypeOf(named, proxy());
  const rejected = Promise.reject(proxy());
  rejected.catch(() => {});
  const values = [
    proxy(), [proxy()], Object.create(proxy()), new Proxy(proxy(), trapping), new Proxy(function f() {}, trapping), new Proxy([], trapping),
    new (class Foo extends new Proxy(class Bar {}, {}) {})(), error, named, new Map([[proxy(), proxy()]]), rejected,
    Object.create(Object.create(proxy()), { x: { value: 1, enumerable: true } }), Object.setPrototypeOf(() => {}, proxy()),
    { constructor: new Proxy(class Q {}, trapping) }, { [customKey]: new Proxy(() => {}, trapping) && 1 },
    { get a() { trapRuns++; return 1; }, get [customKey]() { trapRuns++; return () => ""; } },
    new Error("e", { cause: new AggregateError([proxy()], "inner") }),
  ];
  trapRuns = 0;
  for (const value of values) {
    for (const options of [{}, { showHidden: true, depth: 4, showProxy: true }, { depth: 0 }]) inspect(value, options);
    format(["%o %O %s", value, value, value]);
  }
  assert.equal(trapRuns, 0);
});

const HOSTILE = {
  "a key for every one of a million": () => Object.fromEntries(Array.from({ length: 1e6 }, (_, i) => [`k${i}`, i])),
  "a long string in a list": () => ["x".repeat(1e7), "y".repeat(1e7)],
  "a large map": () => new Map(Array.from({ length: 3e5 }, (_, i) => [i, i])),
  "a million holes": () => { const list = new Array(3e7); list[1] = 1; return list; },
  "a sparse giant": () => { const list = []; list[4294967290] = 1; return list; },
  "long names": () => { const name = "n".repeat(1e6); const f = Object.defineProperty(() => {}, "name", { value: name }); return { [name]: f, [Symbol(name)]: Symbol(name), f }; },
  "a long tag": () => ({ get [Symbol.toStringTag]() { return "t".repeat(1e6); } }),
  "a deep list": () => { let list = []; for (let i = 0; i < 1e5; i++) list = [list]; return list; },
  "a deep chain of causes": () => { let e = new Error("0"); for (let i = 0; i < 1e4; i++) e = new Error("n", { cause: e }); return e; },
  "a long chain of prototypes": () => { let o = {}; for (let i = 0; i < 2e5; i++) o = Object.create(o, { constructor: { value: undefined } }); return o; },
  "an aggregate of many": () => new AggregateError(Array.from({ length: 1e5 }, () => new Error("e")), "many"),
  "a stack of megabytes": () => { const e = new Error("x"); e.stack = "Error: x" + "\n    at a (b:1:1)".repeat(2e5); e.cause = new Error("y"); e.cause.stack = e.stack; return e; },
  "a custom function that calls itself": () => { const o = { [customKey](d, options, again) { return again(o, options); } }; return o; },
  "a custom function that breeds": () => { const make = () => ({ [customKey]: make }); return make(); },
  "a custom function that throws": () => ({ [customKey]() { throw new Error("no"); }, a: 1 }),
  "a custom function that returns nonsense": () => [{ [customKey]: () => Symbol("s") }, { [customKey]: () => ({ toString() { throw 1; } }) }, { [customKey]: () => Object.assign(() => {}, { toString() { throw 1; } }) }],
  "a web custom function that throws": () => ({ [Symbol.for("Deno.privateCustomInspect")]() { throw 1; }, a: 1 }),
  "an error whose fields throw": () => Object.defineProperties(new Error("x"), { stack: { get() { throw 1; } }, name: { get() { throw 1; } }, message: { get() { throw 1; } }, cause: { get() { throw 1; } } }),
  "an error whose fields are no text": () => Object.assign(new Error("x"), { name: { toString() { throw 1; } }, message: Symbol("m"), stack: Object.create(null) }),
  "a huge bigint": () => 1n << 20000000n,
  "many nested proxies": () => { let p = {}; for (let i = 0; i < 1e4; i++) p = new Proxy(p, trapping); return p; },
  "a class with a poisoned name": () => new (class { static get name() { throw 1; } })(),
  "a long boxed string": () => new String("x".repeat(1e6)),
  "a wide and deep tree": () => { let t = 1; for (let i = 0; i < 30; i++) t = [t, t]; return t; },
};

test("hostile values end soon, in bounded text, without throwing", () => {
  for (const [name, make] of Object.entries(HOSTILE)) {
    const value = make();
    for (const options of [{}, { depth: Infinity }, { depth: null, maxArrayLength: null, maxStringLength: null }, { showHidden: true, showProxy: true, depth: 9 }, { budget: 100, depth: null }, { budget: 0 }]) {
      const start = performance.now();
      const text = inspect(value, options);
      const ms = performance.now() - start;
      const budget = options.budget ?? 16384;
      assert.equal(typeof text, "string", name);
      assert.ok(text.length <= budget + MARK.length, `${name}: ${text.length} characters`);
      if (process.env.TIMES && ms > 100) console.log(name, JSON.stringify(options), Math.round(ms));
      assert.ok(ms < 2500, `${name}: ${ms} ms under ${JSON.stringify(options)}`);
    }
  }
});

test("what is cut says so, and what fits is whole", () => {
  assert.ok(inspect(HOSTILE["a key for every one of a million"]()).endsWith(MARK));
  assert.ok(format(["x".repeat(20000)]).endsWith(MARK));
  assert.equal(format(["x".repeat(16384)]), "x".repeat(16384));
  assert.ok(format(Array.from({ length: 1e6 }, () => "word")).endsWith(MARK));
  assert.ok(format(["%s".repeat(50000), ...Array.from({ length: 50000 }, () => "word")]).endsWith(MARK));
  assert.equal(format(["\ud83d\ude00".repeat(3)], { budget: 3 }), `\ud83d\ude00${MARK}`);
  assert.equal(inspect({ a: 1, b: { c: [1, 2] } }, { budget: 1000 }), "{ a: 1, b: { c: [ 1, 2 ] } }");
  assert.match(inspect(Array.from({ length: 100 }, (_, i) => i), { budget: 50 }), /\.\.\. \(truncated\)/);
});

test("a conversion that throws does not break the line", () => {
  const bad = { toString() { throw new Error("s"); }, valueOf() { throw new Error("v"); }, toJSON() { throw new Error("j"); } };
  assert.match(format(["%s", bad]), /^\{/);
  assert.equal(format(["%d %i %f", bad, bad, bad]), "NaN NaN NaN");
  assert.match(format(["%j", bad]), /^\{/);
  assert.match(format(["%j", { big: 1n }]), /^\{ big: 1n \}$/);
  assert.equal(format(["%s", Object.assign(() => {}, { toString() { throw 1; } })]), "[Function (anonymous)] { toString: [Function: toString] }");
});

test("Web API classes are asked through Deno.privateCustomInspect", () => {
  const key = Symbol.for("Deno.privateCustomInspect");
  class Url { [key](again, options) { return again({ href: "http://x/", list: ["y".repeat(70)] }, options); } }
  class Box { [key](again, options) { return `Box ${again({ depth: options.depth }, options)}`; } }
  assert.equal(inspect({ u: new Url() }), `{\n  u: {\n    href: 'http://x/',\n    list: [\n      '${"y".repeat(70)}'\n    ]\n  }\n}`);
  assert.equal(inspect({ a: { b: new Box() } }), "{ a: { b: Box { depth: 0 } } }");
  assert.equal(inspect({ a: { b: { c: new Box() } } }), "{ a: { b: { c: Box [Object] } } }");
});

test("module namespaces, also before their bindings are initialized", async () => {
  const source = "export const b = 1; export default function f() {}";
  const namespace = await import(`data:text/javascript,${encodeURIComponent(source)}`);
  assert.equal(ours(namespace), util.inspect(namespace));
  globalThis.showEarly = (value) => [ours(value), util.inspect(value)];
  const cyclic = "import * as self from './self.mjs'; export const shown = showEarly(self); export let late = 1;";
  const context = vm.createContext({ showEarly: globalThis.showEarly });
  if (vm.SourceTextModule === undefined) return;
  const module = new vm.SourceTextModule(cyclic, { context });
  await module.link(() => module);
  await module.evaluate();
  assert.equal(module.namespace.shown[0], module.namespace.shown[1]);
});
