fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let n: u64 = args[0].parse().unwrap();
    let from: u64 = args[1].parse().unwrap();
    for seed in from..from + n {
        println!(
            "{}",
            serde_json::to_string(&supervisor_tests::otp::generate::scenario(seed)).unwrap()
        );
    }
}
