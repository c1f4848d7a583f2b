import ONNXGraph

/// Every operator that can run.
package struct OperatorTable: Sendable {
  /// ONNX's own operators, looked up in the default domain.
  private static let standard: [any Operator.Type] = [
    Abs.self,
    Acos.self,
    Acosh.self,
    Add.self,
    And.self,
    ArgMax.self,
    ArgMin.self,
    Asin.self,
    Asinh.self,
    Atan.self,
    Atanh.self,
    AveragePool.self,
    BatchNormalization.self,
    Cast.self,
    Ceil.self,
    Clip.self,
    Col2Im.self,
    Concat.self,
    Constant.self,
    ConstantOfShape.self,
    Conv.self,
    ConvTranspose.self,
    Cos.self,
    Cosh.self,
    CumSum.self,
    Div.self,
    Dropout.self,
    Einsum.self,
    Equal.self,
    Erf.self,
    Exp.self,
    Expand.self,
    Flatten.self,
    Floor.self,
    Gather.self,
    GatherElements.self,
    GatherND.self,
    Gemm.self,
    GlobalAveragePool.self,
    Greater.self,
    GreaterOrEqual.self,
    GridSample.self,
    GroupNormalization.self,
    HardSigmoid.self,
    HardSwish.self,
    Identity.self,
    If.self,
    InstanceNormalization.self,
    IsInf.self,
    IsNaN.self,
    LayerNormalization.self,
    LeakyRelu.self,
    Less.self,
    LessOrEqual.self,
    Log.self,
    LRN.self,
    Loop.self,
    LpNormalization.self,
    MatMul.self,
    Max.self,
    MaxPool.self,
    MeanVarianceNormalization.self,
    Min.self,
    Mod.self,
    Mul.self,
    Neg.self,
    NonMaxSuppression.self,
    NonZero.self,
    Not.self,
    Or.self,
    Pad.self,
    Pow.self,
    PRelu.self,
    RangeOperator.self,
    Reciprocal.self,
    ReduceL1.self,
    ReduceL2.self,
    ReduceLogSum.self,
    ReduceLogSumExp.self,
    ReduceMax.self,
    ReduceMean.self,
    ReduceMin.self,
    ReduceProd.self,
    ReduceSum.self,
    ReduceSumSquare.self,
    Relu.self,
    Reshape.self,
    Resize.self,
    RMSNormalization.self,
    RoiAlign.self,
    Round.self,
    Scatter.self,
    ScatterElements.self,
    ScatterND.self,
    ShapeOf.self,
    Sigmoid.self,
    Sign.self,
    Sin.self,
    Sinh.self,
    Slice.self,
    Softmax.self,
    Softplus.self,
    Split.self,
    Sqrt.self,
    Squeeze.self,
    Sub.self,
    Tan.self,
    Tanh.self,
    Tile.self,
    TopK.self,
    Transpose.self,
    Trilu.self,
    Unsqueeze.self,
    Upsample.self,
    Where.self,
    Xor.self,
  ]
  /// TensorRT's plugins, accepted in any domain.
  private static let plugins: [any Operator.Type] = [
    BatchedNMS.self,
    BatchedNMSDynamic.self,
    EfficientNMS.self,
    YoloLayer.self,
  ]
  /// What the verifier rewrites graphs with, in a domain of its own.
  private static let own: [any Operator.Type] = [
    Difference.self,
    RoundTo.self,
  ]
  /// The domain of ``own``.
  package static let ownDomain = "verify-patch"

  private static let standardByType = byType(standard)
  private static let pluginsByType = byType(plugins)
  private static let ownByType = byType(own)

  package init() {}

  /// Every operator that can run.
  package static let all = standard + plugins + own

  /// The operator a node applies, whatever the version of its operator set.
  package static func definition(of node: Node) -> (any Operator.Type)? {
    if node.domain == ownDomain { return ownByType[node.operatorType] }
    if let plugin = pluginsByType[node.operatorType] { return plugin }
    return node.domain.isEmpty ? standardByType[node.operatorType] : nil
  }

  fileprivate static func isPlugin(_ type: String) -> Bool { pluginsByType[type] != nil }

  /// Whether operators of these names, in whatever domain, add up many products or values.
  package static func accumulates(anyOf types: Set<String>) -> Bool {
    types.contains { (standardByType[$0] ?? pluginsByType[$0])?.accumulates ?? false }
  }

  /// The operator a node applies, when there is one for its domain and version.
  package func callAsFunction(_ node: Node, opset: Int) -> (any Operator.Type)? {
    guard let found = Self.definition(of: node) else { return nil }
    return !node.isStandard || found.opsets.contains(opset) ? found : nil
  }

  private static func byType(_ operators: [any Operator.Type]) -> [String: any Operator.Type] {
    var table: [String: any Operator.Type] = [:]
    for entry in operators { table[entry.type] = entry }
    return table
  }
}

extension Node {
  /// Whether the operator is one of TensorRT's plugins, which are looked up by their names alone.
  package var isPlugin: Bool {
    domain != OperatorTable.ownDomain && OperatorTable.isPlugin(operatorType)
  }

  fileprivate var isStandard: Bool { domain.isEmpty && !isPlugin }
}
