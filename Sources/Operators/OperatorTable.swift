import ONNXGraph

/// Every operator that can run.
package struct OperatorTable: Sendable {
  /// ONNX's own operators, looked up in the default domain.
  private static let standard: [any Operator.Type] = [
    AveragePool.self,
    Concat.self,
    Constant.self,
    ConstantOfShape.self,
    Conv.self,
    Expand.self,
    Flatten.self,
    Gather.self,
    GlobalAveragePool.self,
    MaxPool.self,
    Pad.self,
    RangeOperator.self,
    Reshape.self,
    Resize.self,
    ScatterND.self,
    ShapeOf.self,
    Slice.self,
    Split.self,
    Squeeze.self,
    Tile.self,
    Transpose.self,
    Unsqueeze.self,
    Upsample.self,
  ]
  /// TensorRT's plugins, accepted in any domain.
  private static let plugins: [any Operator.Type] = [
    YoloLayer.self
  ]

  private let standardByType: [String: any Operator.Type]
  private let pluginsByType: [String: any Operator.Type]

  package init() {
    standardByType = Self.byType(Self.standard)
    pluginsByType = Self.byType(Self.plugins)
  }

  /// The operator a node applies, when there is one for its domain and version.
  package func callAsFunction(_ node: Node, opset: Int) -> (any Operator.Type)? {
    if let plugin = pluginsByType[node.operatorType] { return plugin }
    guard node.domain.isEmpty, let found = standardByType[node.operatorType] else { return nil }
    return found.opsets.contains(opset) ? found : nil
  }

  private static func byType(_ operators: [any Operator.Type]) -> [String: any Operator.Type] {
    var table: [String: any Operator.Type] = [:]
    for entry in operators { table[entry.type] = entry }
    return table
  }
}
