import FoundationEssentials
import Tensors

/// Polygraphy's JSON of results (`--save-outputs`) and of inputs (`--save-inputs`), versions 0.20 to
/// 0.53: arrays are `.npy` files in base64, directly or within a `LazyArray` (formerly
/// `LazyNumpyArray`).
enum PolygraphyJSON {
  static func read(_ scanner: inout JSONScanner) throws(TensorError) -> [Dump.Run] {
    var runs: [Dump.Run] = []
    if scanner.peek() == UInt8(ascii: "[") {
      var feeds: [TensorArchive] = []
      try scanner.array { (scanner) throws(TensorError) in
        feeds.append(TensorArchive(try tensors(&scanner)))
      }
      runs = feeds.enumerated().map { index, feed in
        Dump.Run(title: feeds.count > 1 ? "iteration \(index)" : nil, tensors: feed)
      }
    } else {
      runs = try results(&scanner)
    }
    try scanner.end()
    return runs
  }

  /// A `RunResults` object, or one feed.
  private static func results(_ scanner: inout JSONScanner) throws(TensorError) -> [Dump.Run] {
    var runners: [(name: String, iterations: [TensorArchive])]?
    var feed: [TensorArchive.Entry] = []
    try scanner.object { (scanner, key) throws(TensorError) in
      if key == "lst", scanner.peek() == UInt8(ascii: "[") {
        var list: [(String, [TensorArchive])] = []
        try scanner.array { (scanner) throws(TensorError) in list.append(try runner(&scanner)) }
        runners = list
      } else if isMarker(key) {
        try scanner.skipValue()
      } else {
        feed.append(try entry(key, &scanner))
      }
    }
    guard let runners else { return [Dump.Run(tensors: TensorArchive(feed))] }
    let isOne = runners.count == 1 && runners[0].iterations.count == 1
    return runners.flatMap { runner in
      runner.iterations.enumerated().map { index, tensors in
        Dump.Run(title: isOne ? nil : "\(runner.name), iteration \(index)", tensors: tensors)
      }
    }
  }

  /// `[name, [iteration, …]]`.
  private static func runner(
    _ scanner: inout JSONScanner
  ) throws(TensorError) -> (String, [TensorArchive]) {
    var name: String?
    var iterations: [TensorArchive] = []
    try scanner.array { (scanner) throws(TensorError) in
      if name == nil {
        name = try scanner.string()
      } else {
        try scanner.array { (scanner) throws(TensorError) in
          try scanner.object { (scanner, key) throws(TensorError) in
            if key == "outputs" {
              iterations.append(TensorArchive(try tensors(&scanner)))
            } else {
              try scanner.skipValue()
            }
          }
        }
      }
    }
    guard let name else { throw scanner.error("a runner without a name") }
    return (name, iterations)
  }

  /// An object of arrays by name.
  private static func tensors(
    _ scanner: inout JSONScanner
  ) throws(TensorError) -> [TensorArchive.Entry] {
    var entries: [TensorArchive.Entry] = []
    try scanner.object { (scanner, key) throws(TensorError) in
      if isMarker(key) {
        try scanner.skipValue()
      } else {
        entries.append(try entry(key, &scanner))
      }
    }
    return entries
  }

  /// Whether a key tells the Python class of its object.
  private static func isMarker(_ key: String) -> Bool {
    key == "polygraphy_class" || key.hasPrefix("__polygraphy_encoded_")
  }

  private static func entry(
    _ name: String, _ scanner: inout JSONScanner
  ) throws(TensorError) -> TensorArchive.Entry {
    let tensor = try naming(name.debugDescription) { () throws(TensorError) in
      try array(&scanner)
    }
    return TensorArchive.Entry(name: name, tensor: tensor)
  }

  private static func array(_ scanner: inout JSONScanner) throws(TensorError) -> Tensor {
    var tensor: Tensor?
    guard scanner.peek() == UInt8(ascii: "{") else { throw scanner.unexpected("an array's object") }
    try scanner.object { (scanner, key) throws(TensorError) in
      switch key {
      case "array": tensor = try npy(inBase64: scanner.rawString())
      case "values": tensor = try array(&scanner)
      case "tensor": throw TensorError("a PyTorch tensor; save NumPy arrays instead")
      default: try scanner.skipValue()
      }
    }
    guard let tensor else { throw scanner.error("no array in its object") }
    return tensor
  }

  private static func npy(
    inBase64 text: UnsafeRawBufferPointer
  ) throws(TensorError) -> Tensor {
    guard let start = text.baseAddress,
      let decoded = Data(
        base64Encoded: Data(
          bytesNoCopy: UnsafeMutableRawPointer(mutating: start), count: text.count,
          deallocator: .none))
    else { throw TensorError("no base64 of an .npy file") }
    return try Tensor(npyData: decoded)
  }
}

extension TensorArchive {
  /// The tensors as the outputs of one iteration, as Polygraphy's `--load-outputs` takes them.
  ///
  /// - Parameter runner: the name of what ran the model.
  public func polygraphyOutputs(runner: String) -> Data {
    let lines = arrays { "{\"values\": \($0), \"polygraphy_class\": \"LazyArray\"}" }
    return Data(
      """
      {"lst": [[\(PolygraphyJSON.quoted(runner)), [{"outputs": \(lines), "runtime": 0.0, \
      "runner_name": \(PolygraphyJSON.quoted(runner)), "polygraphy_class": "IterationResult"}]]], \
      "polygraphy_class": "RunResults"}

      """.utf8)
  }

  /// The tensors as one feed, as Polygraphy's `--load-inputs` takes it.
  public func polygraphyInputs() -> Data { Data("[\(arrays { $0 })]\n".utf8) }

  private func arrays(_ wrap: (String) -> String) -> String {
    let members = entries.map { entry in
      let array =
        "{\"array\": \"\(entry.tensor.npyData().base64EncodedString())\", "
        + "\"polygraphy_class\": \"ndarray\"}"
      return "\(PolygraphyJSON.quoted(entry.name)): \(wrap(array))"
    }
    return "{\(members.joined(separator: ", "))}"
  }
}

extension PolygraphyJSON {
  fileprivate static func quoted(_ text: String) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .withoutEscapingSlashes
    guard let data = try? encoder.encode(text) else {
      preconditionFailure("JSON has a form for every string")
    }
    return String(decoding: data, as: UTF8.self)
  }
}
