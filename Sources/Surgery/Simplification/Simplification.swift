import ONNXGraph
import Operators
import Tensors

/// One kind of thing to be taken out.
protocol SimplificationPass: SendableMetatype {
  /// Whether results may then differ in rounding.
  static var changesRounding: Bool { get }
  /// The changed graph, or `nil` when there is nothing to do.
  static func applied(to model: Model) throws(ModelError) -> Graph?
}

extension SimplificationPass {
  static var changesRounding: Bool { false }
}

/// A model with everything taken out of it that changes no result.
///
/// Whatever its inputs' open dimensions are: they stay open. Nothing here is proven by running;
/// `SimplificationProof` does that.
public struct Simplification: Sendable {
  public let model: Model
  /// Nodes before and after, Constant nodes left out.
  public let nodeCounts: (before: Int, after: Int)
  /// Whether weights were changed, so that results may differ in rounding.
  public let changesRounding: Bool

  /// - Parameters:
  ///   - original: the model to simplify.
  ///   - shapes: fixed shapes for inputs, by name.
  /// - Throws: ``SurgeryError`` when a shape does not fit an input, or the graph is none that can be
  ///   edited.
  public init(
    _ original: Model, fixing shapes: [String: [Int]] = [:]
  ) throws(SurgeryError) {
    var model = original
    try model.graph.fixInputs(shapes)
    var changesRounding = false
    do {
      model.graph = try model.graph.applying(.prune)
      var isChanged = true
      var rounds = 0
      // Each round leaves fewer nodes or constants to compute; the bound is for what nobody thought of.
      while isChanged, rounds < 64 {
        isChanged = false
        rounds += 1
        for pass in Self.passes {
          guard let graph = try pass.applied(to: model) else { continue }
          model.graph = graph
          isChanged = true
          if pass.changesRounding { changesRounding = true }
        }
      }
    } catch {
      throw SurgeryError("the graph cannot be edited: \(error)")
    }
    self.model = model
    self.changesRounding = changesRounding
    nodeCounts = (original.graph.countedNodes, model.graph.countedNodes)
  }

  private static let passes: [any SimplificationPass.Type] = [
    ConstantFolding.self, SymbolicRewriting.self, IdentityRemoval.self, DuplicateRemoval.self,
    PaddingFusion.self, NormalizationFusion.self,
  ]
}

extension Graph {
  /// Nodes that compute something.
  package var countedNodes: Int { nodes.count { !$0.applies(Constant.self) } }

  fileprivate mutating func fixInputs(_ shapes: [String: [Int]]) throws(SurgeryError) {
    for (name, sizes) in shapes.sorted(by: { $0.key < $1.key }) {
      guard let index = inputs.firstIndex(where: { $0.name == name }) else {
        let known = inputs.map { "'\(shown: $0.name)'" }.joined(separator: ", ")
        throw SurgeryError("no input '\(shown: name)', the graph has \(known)")
      }
      if let declared = inputs[index].dimensions {
        let fits =
          declared.count == sizes.count
          && zip(declared, sizes).allSatisfy { $0.isOpen || $0 == .fixed($1) }
        guard fits else {
          let text = declared.map(\.description).joined(separator: ",")
          throw SurgeryError(
            "input '\(shown: name)' is declared [\(text)], which \(sizes) does not fit")
        }
      }
      inputs[index].dimensions = sizes.map { .fixed($0) }
    }
  }
}
