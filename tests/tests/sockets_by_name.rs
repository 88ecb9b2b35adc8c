//! Sockets that a program is started with, as systemd does it, by their names.

#![cfg(unix)]

use std::io::{self, BufRead, BufReader, Read};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsRawFd;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Ends the process with the test.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts the program with two sockets, as the file descriptors 3 and 4.
fn start(first: &TcpListener, second: &TcpListener, names: &str) -> Child {
    for listener in [first, second] {
        rustix::io::fcntl_setfd(listener, rustix::io::FdFlags::empty()).unwrap();
    }
    // Descriptors above nine are moved to where systemd has them; the process keeps its number.
    let script = format!(
        "exec 13<&{} 14<&{}; exec 3<&13 4<&14 13<&- 14<&-; LISTEN_PID=$$ exec \"$0\"",
        first.as_raw_fd(),
        second.as_raw_fd()
    );
    Command::new("bash")
        .args(["-c", &script, env!("CARGO_BIN_EXE_socket_by_name")])
        .env("LISTEN_FDS", "2")
        .env("LISTEN_FDNAMES", names)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

fn greeting(address: SocketAddr) -> io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    let mut greeting = String::new();
    stream.read_to_string(&mut greeting)?;
    Ok(greeting)
}

#[test]
fn each_socket_is_found_by_its_name_and_outlives_the_lives_that_accept() {
    let listeners = [(), ()].map(|()| TcpListener::bind(("127.0.0.1", 0)).unwrap());
    let [http, admin] = [&listeners[0], &listeners[1]].map(|one| one.local_addr().unwrap());
    let mut program = Ended(start(&listeners[0], &listeners[1], "http:admin"));
    drop(listeners);
    let mut line = String::new();
    BufReader::new(program.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "up\n");
    for _ in 0..3 {
        assert_eq!(greeting(admin).unwrap(), "admin");
        assert_eq!(greeting(http).unwrap(), "http");
    }
}

#[test]
fn a_socket_of_another_name_is_not_taken() {
    let listeners = [(), ()].map(|()| TcpListener::bind(("127.0.0.1", 0)).unwrap());
    let program = start(&listeners[0], &listeners[1], "http:other");
    let output = program.wait_with_output().unwrap();
    assert!(!output.status.success(), "there is no `admin`: {output:?}");
}
