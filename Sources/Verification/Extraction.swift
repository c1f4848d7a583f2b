import Interpreter
import ONNXGraph
import Surgery

extension Model {
  /// The part of the model that makes `outputs` out of `inputs`, its inputs and outputs declared
  /// with the types and shapes the file declares or, where every shape is fixed, those inferred.
  ///
  /// - Throws: ``ModelError`` when a name is no tensor, or an output needs another input.
  public func extract(inputs: [String], outputs: [String]) throws(ModelError) -> Model {
    var part = self
    part.graph = try graph.applying(.cut(inputs: inputs, outputs: outputs))
    let isFixed = graph.inputs.allSatisfy { input in
      input.dimensions.map { !$0.contains(where: \.isOpen) } ?? false
    }
    guard isFixed, let inputs = try? typicalInputs() else { return part }
    let inference = Inference(self, inputs: inputs)
    func declared(_ info: ValueInfo) -> ValueInfo {
      var info = info
      guard info.elementType == nil || info.dimensions == nil,
        let found = inference.description(of: info.name)
      else { return info }
      info.elementType = info.elementType ?? found.elementType
      info.dimensions = info.dimensions ?? found.shape.map { .fixed($0) }
      return info
    }
    part.graph.inputs = part.graph.inputs.map(declared)
    part.graph.outputs = part.graph.outputs.map(declared)
    return part
  }
}
