// SPDX-License-Identifier: Apache-2.0
//! Requests and responses: step by step, for hosts with an event loop, or in one call.

use crate::call::{c_text, call, give, handle, sized, text, Held};
use crate::error::{Error, Result};
use crate::instance::Instance;
use crate::sys;
use std::io::{self, Read};
use std::marker::PhantomData;
use std::os::raw::c_void;
use std::os::unix::io::RawFd;
use std::{ptr, slice};

/// What an exchange waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Wants {
    /// The head of a request; or the whole response was sent; or the exchange has failed.
    Nothing,
    /// More of the request's body, or its end.
    Body,
    /// The response is ready: send it.
    Response,
    /// [`Exchange::work`], on a thread that may block, maybe several times. Only after [`Exchange::set_defers_work`].
    Work,
}

/// The next piece of a response's body.
#[derive(Debug)]
pub enum Piece<'a> {
    End,
    Bytes(&'a [u8]),
    /// A part of a file, for `sendfile` and `pread`. The descriptor may be shared: never seek, never close.
    File {
        descriptor: RawFd,
        offset: i64,
        length: u64,
    },
}

/// The head of a response that is ready.
pub struct Head<'a> {
    exchange: *const sys::lreg_exchange,
    _life: PhantomData<&'a ()>,
}

impl<'a> Head<'a> {
    /// Such as 200.
    pub fn status(&self) -> i32 {
        // SAFETY: the exchange lives for 'a and does not change during it; the same holds below.
        unsafe { sys::lreg_exchange_status(self.exchange) }
    }

    /// The header fields, without Content-Length, Date, Connection and Transfer-Encoding: the host sets those.
    pub fn headers(&self) -> Headers<'a> {
        Headers {
            exchange: self.exchange,
            index: 0,
            _life: PhantomData,
        }
    }

    /// The value of "Content-Length"; `None`: omit the field.
    pub fn content_length(&self) -> Option<u64> {
        u64::try_from(unsafe { sys::lreg_exchange_content_length(self.exchange) }).ok()
    }

    /// The share of the host's threads that the request counts against: the same for all tokens of an organization; ""
    /// before begin, and without credentials.
    pub fn share(&self) -> &'a str {
        // SAFETY: the text is borrowed until reset or free, which cannot be called during 'a.
        unsafe { text(sys::lreg_exchange_share(self.exchange)) }
    }

    /// Whether the connection may carry another request after this response.
    pub fn may_keep_alive(&self) -> bool {
        unsafe { sys::lreg_exchange_may_keep_alive(self.exchange) != 0 }
    }
}

/// Iterates over names and values of a response's header fields.
pub struct Headers<'a> {
    exchange: *const sys::lreg_exchange,
    index: usize,
    _life: PhantomData<&'a ()>,
}

impl<'a> Iterator for Headers<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        let (mut name, mut value) = (ptr::null(), ptr::null());
        // SAFETY: the texts are borrowed until reset or free, which cannot be called during 'a.
        unsafe {
            if sys::lreg_exchange_header_at(self.exchange, self.index, &mut name, &mut value) == 0 {
                return None;
            }
            self.index += 1;
            Some((text(name), text(value)))
        }
    }
}

handle! {
    /// One request and its response, without I/O: the host owns the socket. Set the head of the request, end it with
    /// `begin`; from then on `wants` says what is next. `Read` returns the body of the response.
    moved Exchange, lreg_exchange, lreg_exchange_free
}

// SAFETY, of all that follows: the exchange is alive, texts and bytes live until the call returns, and functions that
// change the exchange take `&mut`, which excludes other users.
impl Exchange {
    /// Sets method and target, as the client sent them. If they are invalid, the response says so.
    pub fn set_request(&mut self, method: &str, target: &str) -> Result<()> {
        let (method, target) = (c_text(method)?, c_text(target)?);
        let (method, target) = (method.as_ptr(), target.as_ptr());
        call(|error| unsafe { sys::lreg_exchange_set_request(self.as_ptr(), method, target, error) })
    }

    /// "http", the default, or "https".
    pub fn set_scheme(&mut self, scheme: &str) -> Result<()> {
        let scheme = c_text(scheme)?;
        call(|error| unsafe { sys::lreg_exchange_set_scheme(self.as_ptr(), scheme.as_ptr(), error) })
    }

    /// The path under which the host mounts the library: "" or "/prefix".
    pub fn set_mount(&mut self, mount: &str) -> Result<()> {
        let mount = c_text(mount)?;
        call(|error| unsafe { sys::lreg_exchange_set_mount(self.as_ptr(), mount.as_ptr(), error) })
    }

    /// The address of the client, for the audit log.
    pub fn set_peer(&mut self, address: &str) -> Result<()> {
        let address = c_text(address)?;
        call(|error| unsafe { sys::lreg_exchange_set_peer(self.as_ptr(), address.as_ptr(), error) })
    }

    /// Adds a header field. "Content-Length" or "Transfer-Encoding" announces a body.
    pub fn add_header(&mut self, name: &str, value: &str) -> Result<()> {
        let (name, value) = (c_text(name)?, c_text(value)?);
        let (name, value) = (name.as_ptr(), value.as_ptr());
        call(|error| unsafe { sys::lreg_exchange_add_header(self.as_ptr(), name, value, error) })
    }

    /// Defers what may block for long to [`work`](Exchange::work), so that an event loop can call `begin` for GET and
    /// HEAD.
    pub fn set_defers_work(&mut self, defers: bool) -> Result<()> {
        call(|error| unsafe { sys::lreg_exchange_set_defers_work(self.as_ptr(), defers.into(), error) })
    }

    /// Ends the head. A refusal is a response, not a failure.
    pub fn begin(&mut self) -> Result<()> {
        call(|error| unsafe { sys::lreg_exchange_begin(self.as_ptr(), error) })
    }

    /// Does deferred work. Call it while `wants` returns [`Wants::Work`].
    pub fn work(&mut self) -> Result<()> {
        call(|error| unsafe { sys::lreg_exchange_work(self.as_ptr(), error) })
    }

    pub fn wants(&self) -> Wants {
        match unsafe { sys::lreg_exchange_wants(self.as_ptr()) } {
            sys::LREG_WANTS_BODY => Wants::Body,
            sys::LREG_WANTS_RESPONSE => Wants::Response,
            sys::LREG_WANTS_WORK => Wants::Work,
            _ => Wants::Nothing,
        }
    }

    /// Passes bytes of the request's body, in pieces of any size.
    pub fn write_body(&mut self, bytes: &[u8]) -> Result<()> {
        let (at, length) = (bytes.as_ptr().cast(), bytes.len());
        call(|error| unsafe { sys::lreg_exchange_write(self.as_ptr(), at, length, error) })
    }

    /// Ends the request's body. The response is ready when this returns, unless work was deferred.
    pub fn finish_body(&mut self) -> Result<()> {
        call(|error| unsafe { sys::lreg_exchange_finish(self.as_ptr(), error) })
    }

    /// The head of the response; its status is 0 until the response is ready.
    pub fn head(&self) -> Head<'_> {
        Head {
            exchange: self.as_ptr(),
            _life: PhantomData,
        }
    }

    /// The next piece of the response's body; does not advance.
    pub fn piece(&mut self) -> Result<Piece<'_>> {
        let mut piece = sized!(lreg_piece);
        call(|error| unsafe { sys::lreg_exchange_next(self.as_ptr(), &mut piece, error) })?;
        match piece.kind {
            sys::LREG_PIECE_END => Ok(Piece::End),
            // SAFETY: borrowed until the exchange is consumed, reset or freed, all of which need `&mut`.
            sys::LREG_PIECE_BYTES => {
                let length = usize::try_from(piece.length).expect("a piece of bytes is in memory");
                Ok(Piece::Bytes(unsafe {
                    slice::from_raw_parts(piece.bytes.cast(), length)
                }))
            }
            sys::LREG_PIECE_FILE => Ok(Piece::File {
                descriptor: piece.file,
                offset: piece.file_offset,
                length: piece.length,
            }),
            _ => Err(Error::of_caller(
                "unknown_piece",
                "this crate is too old for the library",
            )),
        }
    }

    /// Advances: `length` bytes of the piece were sent.
    pub fn consume(&mut self, length: u64) -> Result<()> {
        call(|error| unsafe { sys::lreg_exchange_consume(self.as_ptr(), length, error) })
    }

    /// Makes it ready for the next request, in any phase.
    pub fn reset(&mut self) {
        unsafe { sys::lreg_exchange_reset(self.as_ptr()) }
    }

    /// Answers the request that was set: reads its body, writes the response.
    pub fn run(&mut self, body: &mut dyn Read, response: &mut dyn Response) -> Result<()> {
        dispatched(body, response, |io, error| unsafe {
            sys::lreg_exchange_run(self.as_ptr(), io, error)
        })
    }
}

impl Read for Exchange {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let mut got = 0;
        let (room, capacity) = (bytes.as_mut_ptr().cast(), bytes.len());
        call(|error| unsafe { sys::lreg_exchange_read(self.as_ptr(), room, capacity, &mut got, error) })?;
        Ok(got)
    }
}

/// The destination of a response. A failure ends the call, and is the source of its error.
pub trait Response {
    /// Called once, before the body.
    fn head(&mut self, head: &Head<'_>) -> io::Result<()>;
    /// Takes all bytes.
    fn body(&mut self, bytes: &[u8]) -> io::Result<()>;
}

impl Instance {
    /// A new exchange, which keeps the instance open.
    pub fn exchange(&self) -> Result<Exchange> {
        give(|out, error| unsafe { sys::lreg_exchange_new(self.as_ptr(), out, error) }).map(Exchange)
    }

    /// Answers one request: reads its body, writes the response.
    pub fn dispatch(
        &self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: &mut dyn Read,
        response: &mut dyn Response,
    ) -> Result<()> {
        let (method, target) = (c_text(method)?, c_text(target)?);
        let pairs = headers.iter().flat_map(|(name, value)| [c_text(name), c_text(value)]);
        let fields = pairs.collect::<Result<Vec<_>>>()?;
        let mut pointers: Vec<_> = fields.iter().map(|field| field.as_ptr()).collect();
        pointers.push(ptr::null());
        let (method, target) = (method.as_ptr(), target.as_ptr());
        dispatched(body, response, |io, error| unsafe {
            sys::lreg_dispatch(self.as_ptr(), method, target, pointers.as_ptr(), io, error)
        })
    }
}

/// State of the callbacks, and their failure.
struct Host<'a> {
    body: &'a mut dyn Read,
    response: &'a mut dyn Response,
    held: Held,
    failure: Option<io::Error>,
}

impl Host<'_> {
    fn status<T>(&mut self, done: Option<io::Result<T>>) -> std::result::Result<T, sys::lreg_status> {
        match done {
            Some(Ok(value)) => Ok(value),
            Some(Err(error)) => {
                self.failure = Some(error);
                Err(sys::LREG_HOST_STATUS)
            }
            None => Err(sys::LREG_HOST_STATUS),
        }
    }
}

fn dispatched(
    body: &mut dyn Read,
    response: &mut dyn Response,
    function: impl FnOnce(*const sys::lreg_dispatch_io, *mut *mut sys::lreg_error) -> sys::lreg_status,
) -> Result<()> {
    let mut host = Host {
        body,
        response,
        held: Held::default(),
        failure: None,
    };
    let user: *mut Host<'_> = &mut host;
    let mut io = sized!(lreg_dispatch_io);
    io.user = user.cast();
    io.read = Some(read_body);
    io.write_head = Some(write_head);
    io.write = Some(write_body);
    let done = call(|error| function(&io, error));
    host.held.release();
    match host.failure.take() {
        Some(error) => Err(Error::of_host(error)),
        None => done,
    }
}

// SAFETY, of these three: `user` is the `Host` of `dispatched`, which outlives the call and has no other user during
// it; pointers and lengths are as the C header guarantees.
unsafe extern "C" fn read_body(
    user: *mut c_void,
    buffer: *mut c_void,
    capacity: usize,
    out_got: *mut usize,
) -> sys::lreg_status {
    let host = &mut *user.cast::<Host<'_>>();
    // A reader may read the buffer before it fills it.
    ptr::write_bytes(buffer.cast::<u8>(), 0, capacity);
    let room = slice::from_raw_parts_mut(buffer.cast::<u8>(), capacity);
    let body = &mut host.body;
    let done = host.held.run(|| loop {
        match body.read(room) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            // A reader may claim more bytes than fit.
            done => return done.map(|got| got.min(capacity)),
        }
    });
    match host.status(done) {
        Ok(got) => {
            *out_got = got;
            sys::LREG_OK
        }
        Err(status) => status,
    }
}

unsafe extern "C" fn write_head(user: *mut c_void, exchange: *const sys::lreg_exchange) -> sys::lreg_status {
    let host = &mut *user.cast::<Host<'_>>();
    let response = &mut host.response;
    let done = host.held.run(|| {
        response.head(&Head {
            exchange,
            _life: PhantomData,
        })
    });
    host.status(done).map_or_else(|status| status, |()| sys::LREG_OK)
}

unsafe extern "C" fn write_body(user: *mut c_void, bytes: *const c_void, length: usize) -> sys::lreg_status {
    let host = &mut *user.cast::<Host<'_>>();
    let response = &mut host.response;
    let done = host
        .held
        .run(|| response.body(slice::from_raw_parts(bytes.cast(), length)));
    host.status(done).map_or_else(|status| status, |()| sys::LREG_OK)
}
