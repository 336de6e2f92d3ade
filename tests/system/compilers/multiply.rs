// A tool and a handler in Rust, on the contract of kirsch/abi.h alone. It does what multiply.c and multiply.cpp do.
//   rustc --edition 2021 -O --crate-type cdylib multiply.rs -o rust.so
use std::ffi::c_void;
use std::panic;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Text {
    data: *const u8,
    size: usize,
}

#[repr(C)]
pub struct Pair {
    name: Text,
    value: Text,
}

#[repr(C)]
pub struct Error {
    text: [u8; 512],
    option: [u8; 64],
}

// Of kirsch_value: the list of options, and an integer.
#[repr(C)]
pub struct Options {
    kind: u32,
    count: u32,
    items: *const Number,
    rest: usize,
}
#[repr(C)]
pub struct Number {
    kind: u32,
    count: u32,
    integer: i64,
    rest: usize,
}

pub type Unused = Option<unsafe extern "C" fn()>;
pub type Step = unsafe extern "C" fn(*mut c_void, *mut Exchange) -> u32;

// Of kirsch_exchange_functions as far as they are used.
#[repr(C)]
pub struct Functions {
    size: u32,
    allocate_and_request_field: [Unused; 2],
    query: unsafe extern "C" fn(*mut Exchange, *mut u32) -> *const Pair,
    cookies_to_set_status: [Unused; 9],
    set_field: unsafe extern "C" fn(*mut Exchange, Text, Text) -> u8,
    add_field_to_reason: [Unused; 5],
    body_copy: unsafe extern "C" fn(*mut Exchange, Text) -> u8,
    body_view_to_error_page: [Unused; 7],
    fail: unsafe extern "C" fn(*mut Exchange, u16, Text),
}

#[repr(C)]
pub struct Exchange {
    functions: *const Functions,
    request: *const c_void,
    lane: u32,
}

#[repr(C)]
pub struct Provided {
    size: u32,
    hook_count: u32,
    create: unsafe extern "C" fn(*const Options, *mut *mut c_void, *mut Error) -> i32,
    destroy: unsafe extern "C" fn(*mut c_void),
    hooks: *const [Option<Step>; 8],
    handle: Option<Step>,
    on_body_to_graceful: [Unused; 5],
    service: *const c_void,
}

#[repr(C)]
pub struct Entry {
    size: u32,
    abi_major: u16,
    abi_minor: u16,
    manifest: Text,
    init: unsafe extern "C" fn(*const c_void, *mut Error) -> i32,
    deinit: unsafe extern "C" fn(),
    provided: *const [&'static Provided; 2],
    provided_count: usize,
}
unsafe impl Sync for Provided {}
unsafe impl Sync for Entry {}

const ABI: (u16, u16) = (1, 0);
const MANIFEST: &str = concat!(
    r#"{"abi":[1,0],"compiler":"rustc","name":"rust","version":"1.0.0","provides":["#,
    r#"{"kind":"tool","name":"rust","hooks":[{"point":"before_finalize"}]},"#,
    r#"{"kind":"handler","name":"rust","options":[{"name":"factor","#,
    r#""help":"what the number is multiplied by","type":"integer","default":"2"}]}]}"#
);

#[repr(C)]
pub struct Note {
    owner_size: u32,
    manifest_size: u32,
    kind: u32,
    owner: [u8; 8],
    manifest: [u8; (MANIFEST.len() + 3) / 4 * 4],
}
const fn note() -> Note {
    let mut made = Note {
        owner_size: 7,
        manifest_size: MANIFEST.len() as u32,
        kind: 1,
        owner: *b"Kirsch\0\0",
        manifest: [0; (MANIFEST.len() + 3) / 4 * 4],
    };
    let mut index = 0;
    while index < MANIFEST.len() {
        made.manifest[index] = MANIFEST.as_bytes()[index];
        index += 1;
    }
    made
}
#[used]
#[link_section = ".note.kirsch"]
static NOTE: Note = note();

fn text(words: &str) -> Text {
    Text { data: words.as_ptr(), size: words.len() }
}
unsafe fn words<'a>(text: Text) -> &'a [u8] {
    if text.size == 0 { &[] } else { std::slice::from_raw_parts(text.data, text.size) }
}

unsafe extern "C" fn init(_host: *const c_void, _error: *mut Error) -> i32 {
    panic::set_hook(Box::new(|_| {})); // the server's log tells
    0
}
unsafe extern "C" fn deinit() {}

unsafe extern "C" fn create(options: *const Options, this: *mut *mut c_void, _error: *mut Error) -> i32 {
    let factor = if (*options).count == 0 { 0 } else { (*(*options).items).integer };
    *this = Box::into_raw(Box::new(factor)) as *mut c_void;
    0
}
unsafe extern "C" fn destroy(this: *mut c_void) {
    drop(Box::from_raw(this as *mut i64));
}

unsafe extern "C" fn mark(_this: *mut c_void, exchange: *mut Exchange) -> u32 {
    ((*(*exchange).functions).set_field)(exchange, text("X-Marked-By"), text("rust"));
    0
}

fn multiplied(number: Option<i64>, factor: i64) -> Result<String, &'static str> {
    let number = number.ok_or("the query says no number")?;
    if number > 1000 {
        panic!("rust cannot count so far");
    }
    Ok(format!("{}\n", number * factor))
}

unsafe extern "C" fn answer(this: *mut c_void, exchange: *mut Exchange) -> u32 {
    let functions = &*(*exchange).functions;
    let factor = *(this as *const i64);
    let mut count = 0;
    let first = (functions.query)(exchange, &mut count);
    let mut number = None;
    for index in 0..count as usize {
        let pair = &*first.add(index);
        if words(pair.name) == b"number" {
            number = std::str::from_utf8(words(pair.value)).ok().and_then(|digits| digits.parse().ok());
        }
    }
    // No panic may cross the contract.
    match panic::catch_unwind(|| multiplied(number, factor)) {
        Ok(Ok(line)) => (functions.body_copy)(exchange, text(&line)),
        Ok(Err(why)) => {
            (functions.fail)(exchange, 400, text(why));
            return 3;
        }
        Err(_) => {
            (functions.fail)(exchange, 0, text("rust cannot count so far"));
            return 3;
        }
    };
    0
}

static HOOKS: [Option<Step>; 8] = [None, None, None, Some(mark), None, None, None, None];
static TOOL: Provided = Provided {
    size: std::mem::size_of::<Provided>() as u32,
    hook_count: 8,
    create,
    destroy,
    hooks: &HOOKS,
    handle: None,
    on_body_to_graceful: [None; 5],
    service: std::ptr::null(),
};
static HANDLER: Provided = Provided {
    size: std::mem::size_of::<Provided>() as u32,
    hook_count: 0,
    create,
    destroy,
    hooks: std::ptr::null(),
    handle: Some(answer),
    on_body_to_graceful: [None; 5],
    service: std::ptr::null(),
};
static PROVIDED: [&Provided; 2] = [&TOOL, &HANDLER];

#[no_mangle]
#[allow(non_upper_case_globals)]
pub static kirsch_module: Entry = Entry {
    size: std::mem::size_of::<Entry>() as u32,
    abi_major: ABI.0,
    abi_minor: ABI.1,
    manifest: Text { data: MANIFEST.as_ptr(), size: MANIFEST.len() },
    init,
    deinit,
    provided: &PROVIDED,
    provided_count: 2,
};
