extension ModelRun.Summary {
  /// The summary for people.
  public var text: String {
    var lines = outputs.map { output in
      "output      \(output.name): \(output.type) [\(output.shape.map(String.init).joined(separator: ","))]"
    }
    let times = timings.runSeconds.map { ($0.value * 1000).fixed(1) + " ms" }
    lines.append("run         \(times.joined(separator: ", "))")
    if let profile { lines += [""] + profile.textLines }
    return lines.map { $0 + "\n" }.joined()
  }
}

extension ModelRun.Summary.Profile {
  fileprivate var textLines: [String] {
    var table = TextTable(numericFrom: 2)
    table.add(["step", "output", "ms", "GFLOP/s", "of peak"])
    for step in steps { table.add(step.cells(peakGigaflops: peakGigaflops.value)) }
    let seconds = steps.reduce(0) { $0 + $1.seconds.value }
    let work = steps.reduce(0) { $0 + 2 * Double($1.multiplyAdds ?? 0) } / 1e9
    table.add(
      Step.cells(
        title: "all steps", shape: "", seconds: seconds, work: work,
        peakGigaflops: peakGigaflops.value))
    return table.lines + ["peak        \(peakGigaflops.value.fixed(1)) GFLOP/s"]
  }
}

extension ModelRun.Summary.Profile.Step {
  fileprivate func cells(peakGigaflops: Double) -> [String] {
    Self.cells(
      title: node,
      shape: outputShape.map { "[\($0.map(String.init).joined(separator: ","))]" } ?? "",
      seconds: seconds.value, work: 2 * Double(multiplyAdds ?? 0) / 1e9,
      peakGigaflops: peakGigaflops)
  }

  /// - Parameter work: in 10^9 floating-point operations.
  fileprivate static func cells(
    title: String, shape: String, seconds: Double, work: Double, peakGigaflops: Double
  ) -> [String] {
    let rate = work / seconds
    return [
      title, shape, (seconds * 1000).fixed(3),
      work > 0 ? rate.fixed(1) : "",
      work > 0 ? (100 * rate / peakGigaflops).fixed(0) + " %" : "",
    ]
  }
}
