import Detection
import Interpreter
import Kernels
import ONNXGraph
import Surgery
import Tensors

/// What a model is, without running it.
public struct Inspection: Sendable, Codable, Equatable {
  public var inputs: [TensorInfo]
  public var outputs: [TensorInfo]
  /// Versions of operator sets by domain.
  public var opsets: [String: Int]
  /// How many nodes apply each operator; operators of other domains are written `domain.type`.
  public var operators: [String: Int]
  /// Elements of all floating-point constants.
  public var parameters: Int
  /// Multiplications of convolutions and matrix products in one run; absent when the graph cannot
  /// be resolved. Dynamic batches count as 1, dynamic heights and widths of an image as 640.
  public var multiplyAdds: Int?
  public var metadata: [String: String]
  /// What the graph ends in.
  public var form: String?
  /// What the columns of the outputs are, and how that is known; absent where they are not read.
  public var columns: [ColumnMeaning]?
  /// How the heads are decoded; absent where the graph does not tell.
  public var decode: DecodeParameters?
  /// What a detection plugin is configured with, beside what the graph says.
  public var plugins: [Plugin]?
  /// Every node, where asked for.
  public var layers: [Layer]?
  public var missingOperators: [Missing]

  /// An input or output of the graph.
  public struct TensorInfo: Sendable, Codable, Equatable {
    public var name: String
    public var type: String?
    /// Absent when not even the rank is known.
    public var shape: [DimensionDescription]?
  }

  /// An operator that this interpreter does not have.
  public struct Missing: Sendable, Codable, Equatable {
    public var domain: String
    public var type: String
    public var version: Int
    public var count: Int
  }
}

/// A declared dimension: a number, a name, or `null`.
public enum DimensionDescription: Sendable, Equatable {
  case fixed(Int)
  case named(String)
  case unknown
}

extension DimensionDescription: Codable {
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .unknown
    } else if let size = try? container.decode(Int.self) {
      self = .fixed(size)
    } else {
      self = .named(try container.decode(String.self))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .fixed(let size): try container.encode(size)
    case .named(let name): try container.encode(name)
    case .unknown: try container.encodeNil()
    }
  }
}

extension Inspection {
  /// - Parameters:
  ///   - model: the model; it is not run.
  ///   - listsLayers: whether ``layers`` is filled in.
  public init(_ model: Model, listsLayers: Bool = false) {
    let resolved = try? ResolvedGraph(typical: model)
    inputs = model.graph.inputs.map { TensorInfo($0, resolved: nil) }
    outputs = model.graph.outputs.map { output in
      TensorInfo(output, resolved: resolved?.description(of: output.name))
    }
    opsets = model.opsets
    operators = Dictionary(
      model.graph.nodes.map { node in
        (node.domain.isEmpty ? node.operatorType : "\(node.domain).\(node.operatorType)", 1)
      }, uniquingKeysWith: +)
    parameters = model.constants.filter { $0.elementType.isFloatingPoint }
      .reduce(0) { $0 + $1.shape.elementCount }
    multiplyAdds = resolved?.multiplyAdds
    metadata = model.metadata
    let lookup: TensorLookup = { name in
      resolved?.description(of: name).map { TensorDescription($0.elementType, $0.shape) }
    }
    let ending = LoadedModel(path: "", model: model).established(
      Ending.recognize(model.graph, metadata: model.metadata, lookup: lookup), lookup,
      ThreadTeam(threadCount: 1))
    form = ending.form.rawValue
    columns = ending.columns.isEmpty ? nil : ending.columns
    let recovered = resolved.flatMap { try? RecoveredDecode(model, $0) }
    decode = recovered.map { DecodeParameters($0) }
    plugins = Plugin.all(in: model, resolved)
    if listsLayers {
      let counts = resolved?.multiplyAddsByOutput ?? [:]
      layers = model.graph.nodes.map { Layer($0, resolved, multiplyAdds: counts) }
    }
    missingOperators = model.missingOperators().map {
      Missing(domain: $0.domain, type: $0.type, version: $0.version, count: $0.count)
    }
  }
}

extension Inspection.TensorInfo {
  /// - Parameter resolved: what is known when the file declares no type or shape.
  init(_ info: ValueInfo, resolved: ResolvedGraph.Description?) {
    name = info.name
    type = (info.elementType ?? resolved?.elementType)?.rawValue
    shape =
      info.dimensions?.map { dimension in
        switch dimension {
        case .fixed(let size): .fixed(size)
        case .named(let name): .named(name)
        case .unknown: .unknown
        }
      } ?? resolved?.shape.map { .fixed($0) }
  }
}

extension Model {
  /// Initializers and the tensors of Constant nodes.
  fileprivate var constants: [Tensor] {
    graph.initializers.values + graph.nodes.compactMap { $0.constantValue }
  }
}
