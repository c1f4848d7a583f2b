import Tensors

/// The list of debug tensors that `trtexec --saveAllDebugTensors=summary,…` writes beside their files:
/// names, shapes and types that files' names and bare elements do not tell. Source:
/// `debugTensorWriter.cpp` of TensorRT 10 and 11.
struct TensorSummary {
  static let fileName = "tensor_summary.json"

  private struct Item {
    var name: String?
    var dimensions: [Int] = []
    var type: String?
    /// Files by the format they have.
    var files: [String: String] = [:]
  }

  private let folder: String
  private var items: [Item] = []

  init(folder: String) throws(TensorError) {
    self.folder = folder
    let path = "\(folder)/\(Self.fileName)"
    items = try naming(path) { () throws(TensorError) in
      let file = try MappedFile(path: path)
      defer { withExtendedLifetime(file) {} }
      var items: [Item] = []
      var scanner = JSONScanner(CheckedBytes(region: file.bytes))
      try scanner.object { (scanner, key) throws(TensorError) in
        guard key == "tensors" else { return try scanner.skipValue() }
        try scanner.array { (scanner) throws(TensorError) in
          items.append(try Self.item(&scanner))
        }
      }
      return items
    }
  }

  private static func item(_ scanner: inout JSONScanner) throws(TensorError) -> Item {
    var item = Item()
    try scanner.object { (scanner, key) throws(TensorError) in
      switch key {
      case "name": item.name = try scanner.string()
      case "shape":
        try scanner.array { (scanner) throws(TensorError) in
          guard let size = Int(exactly: try scanner.number()) else {
            throw scanner.error("a dimension that is no integer")
          }
          item.dimensions.append(size)
        }
      case "type": item.type = try scanner.string()
      case "files":
        try scanner.object { (scanner, format) throws(TensorError) in
          item.files[format] = try scanner.string()
        }
      default: try scanner.skipValue()
      }
    }
    return item
  }

  /// The tensors, in the order in which the engine gave them.
  func entries() throws(TensorError) -> [TensorArchive.Entry] {
    var entries: [TensorArchive.Entry] = []
    for item in items {
      guard let name = item.name else {
        throw TensorError("\(folder)/\(Self.fileName): a tensor without a name")
      }
      guard let tensor = try tensor(item, name: name) else { continue }
      entries.append(TensorArchive.Entry(name: name, tensor: tensor))
    }
    return entries
  }

  /// From the file that keeps all bits; `nil` when there is no such file.
  private func tensor(_ item: Item, name: String) throws(TensorError) -> Tensor? {
    guard let file = item.files["numpy"] ?? item.files["raw"] else { return nil }
    guard !file.contains("/") else {
      throw TensorError("\(folder)/\(Self.fileName): file \(file.debugDescription) is elsewhere")
    }
    let path = "\(folder)/\(file)"
    if item.files["numpy"] != nil { return try Tensor(npyFile: path) }
    guard let elementType = item.type.flatMap(ElementType.init(summaryName:)) else {
      throw TensorError("\(path): elements of type \(item.type ?? "unknown")")
    }
    let shape = try naming(path) { () throws(TensorError) in
      try Shape(validating: item.dimensions)
    }
    return try Tensor(rawFile: path, elementType: elementType, shape: shape)
  }
}

extension ElementType {
  /// The type as the summary names it.
  fileprivate init?(summaryName: String) {
    switch summaryName {
    case "FLOAT": self = .float32
    case "HALF": self = .float16
    case "BF16": self = .bfloat16
    default: self.init(rawValue: summaryName.lowercased())
    }
  }
}
